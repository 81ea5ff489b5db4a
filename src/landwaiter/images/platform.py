"""The platform of an image: operating system, architecture and variant (OCI image spec, image-index.md)."""

import msgspec

from landwaiter.errors import InputError

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64/v8": "arm64"}


class Platform(msgspec.Struct, frozen=True):
    """Where an image runs, in Go's names; written `linux/amd64` or `linux/arm/v7`."""

    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


DEFAULT_PLATFORM = Platform()


def parse_platform(text: str) -> Platform:
    """Read `os/arch[/variant]`; `x86_64` and `aarch64` are taken for `amd64` and `arm64`. Raises InputError."""
    system, _, rest = text.strip().lower().partition("/")
    rest = _ARCHITECTURES.get(rest, rest)
    architecture, _, variant = rest.partition("/")
    if not system or not architecture or "/" in variant:
        raise InputError(f"{text!r} is not a platform.", "Write os/arch, for example linux/arm64.")
    return Platform(system, architecture, variant)
