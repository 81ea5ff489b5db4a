"""What may be wrong with a version or a scheme."""

from landwaiter.errors import InputError

_SHOWN = 80
"""Characters of a version that an error repeats: it may come from an attacker."""


class InvalidVersionError(InputError):
    """A version string that its scheme cannot read, nor the field's own tool.

    `scheme` is the scheme's name, `version` the string as given.
    """

    def __init__(self, scheme: str, version: str, why: str = "") -> None:
        shown = ascii(version if len(version) <= _SHOWN else version[:_SHOWN] + "...")
        reason = f": {why}" if why else ""
        super().__init__(f"{shown} is not a version that the scheme {scheme!r} can read{reason}.")
        self.scheme = scheme
        self.version = version


class UnknownSchemeError(InputError):
    """No version scheme is known for a package type or ecosystem."""

    def __init__(self, name: str) -> None:
        shown = ascii(name if len(name) <= _SHOWN else name[:_SHOWN] + "...")
        super().__init__(f"No version order is known for {shown}.", "Use a purl type or an OSV ecosystem.")
        self.name = name
