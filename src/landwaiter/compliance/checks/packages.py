"""Checks that read the package inventory and where the image comes from."""

from fnmatch import fnmatchcase

import msgspec

from landwaiter.compliance.checks.check import Check
from landwaiter.compliance.models import ComplianceEvidence, Result
from landwaiter.compliance.results import count, failed, not_assessed, passed

_OS_TYPES = frozenset({"deb", "apk", "rpm", "alpm"})
_DEFAULT_REGISTRY = "docker.io"
_LOCAL = ("docker-archive:", "oci-archive:", "oci-layout:", "rootfs:", "/", ".")
"""How the name of an image begins that was read from a file or folder."""
_BASE_NAME = "org.opencontainers.image.base.name"


class UnwantedPackages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of OS packages (shell patterns) that an image for production should not have."""

    names: tuple[str, ...]


class TrustedOrigins(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Registries and repositories that images may come from, as shell patterns; one stands for all below it too."""

    trusted: tuple[str, ...] = ()


def unwanted_packages(evidence: ComplianceEvidence, parameters: UnwantedPackages) -> Result:
    """No package of the deny list (compilers, debuggers, remote shells) is installed."""
    inventory = evidence.inventory
    installed = [package for package in inventory.packages if package.type in _OS_TYPES]
    bad = sorted({f"{item.name} {item.version}" for item in installed if _matches(item.name, parameters.names)})
    if bad:
        return failed(f"{count(len(bad), 'unnecessary package')} installed.", bad)
    if not inventory.coverage.complete:
        reasons = [note.reason for note in inventory.coverage.notes]
        return not_assessed("The inventory is not complete.", reasons)
    if not installed and inventory.os is None:
        return not_assessed("The image has no package database that could be read.")
    return passed(f"None of {count(len(installed), 'installed OS package')} is on the deny list.")


def trusted_origin(evidence: ComplianceEvidence, parameters: TrustedOrigins) -> Result:
    """The image, and the base image it names, come from a registry or repository of the allow list."""
    if not parameters.trusted:
        return not_assessed("No list of trusted registries is configured.")
    image = evidence.inventory.image
    if image.reference.startswith(_LOCAL):
        return not_assessed("The image was read from a file, so its registry is not known.", (image.reference,))
    config = image.config.config
    base = (config.labels or {}).get(_BASE_NAME, "") if config else ""
    names = [repository_of(name) for name in (image.reference, base) if name]
    bad = [name for name in names if not _matches(name, _patterns(parameters.trusted))]
    if bad:
        return failed("The image or its base does not come from a trusted registry.", bad)
    said = "" if base else " It does not say which base image it was made from."
    return passed(f"The image comes from a trusted registry.{said}", names)


def repository_of(reference: str) -> str:
    """Return `registry/repository` of an image reference, with Docker Hub's implied parts written out."""
    name = reference.partition("@")[0]
    head, slash, rest = name.partition("/")
    if not slash or not ("." in head or ":" in head or head == "localhost"):
        rest = name if slash else f"library/{name}"
        head = _DEFAULT_REGISTRY
    folder, slash, last = rest.rpartition("/")
    return f"{head}/{folder}{slash}{last.partition(':')[0]}"


def _patterns(trusted: tuple[str, ...]) -> tuple[str, ...]:
    """A registry or folder trusts all below it: `registry` stands for `registry` and `registry/*`."""
    return trusted + tuple(f"{name.rstrip('/')}/*" for name in trusted)


def _matches(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


CHECKS = (
    Check("unwanted_packages", unwanted_packages, UnwantedPackages),
    Check("trusted_origin", trusted_origin, TrustedOrigins),
)
