"""Checks of the ECS task definition and the running task that AWS's own benchmarks ask for.

Source: Amazon ECS API reference, TaskDefinition and ContainerDefinition; absent fields have the defaults named there.
On Fargate several requirements hold by the platform; they still fail where a definition asks for what Fargate refuses.
"""

import re

import msgspec

from landwaiter.compliance.checks.check import Check, NoParameters
from landwaiter.compliance.checks.on_task import names, on_task
from landwaiter.compliance.evidence import effective_user, is_windows, own_container, user_by_value
from landwaiter.compliance.models import ComplianceEvidence, Result, TaskContainer, TaskDefinition
from landwaiter.compliance.results import failed, not_applicable, not_assessed, passed

_BY_PLATFORM = "Fargate does not allow it either."
_ADMINISTRATORS = frozenset({"containeradministrator", "administrator", "nt authority\\system", "system"})
_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}\Z")


class PlatformVersions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The latest Fargate platform versions, as AWS documents them."""

    linux: str
    windows: str


class SecretNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of environment variables that always hold a secret."""

    names: tuple[str, ...] = ()


@on_task
def privileged(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """No container of the task definition is privileged."""
    if bad := names(definition, lambda container: container.privileged is True):
        return failed("Containers are privileged.", bad)
    return passed(f"No container is privileged. {_BY_PLATFORM}")


@on_task
def host_process_namespace(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """The task does not share the host's process namespace (`pidMode`)."""
    if definition.pid_mode == "host":
        return failed("The task shares the host's process namespace.", ("pidMode: host",))
    return passed(f"The task does not share the host's process namespace. {_BY_PLATFORM}")


@on_task
def host_network(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """The task does not use the host's network (`networkMode`)."""
    if definition.network_mode == "host":
        return failed("The task uses the host's network.", ("networkMode: host",))
    return passed(f"The task does not use the host's network. {_BY_PLATFORM}")


@on_task
def host_network_as_root(evidence: ComplianceEvidence, definition: TaskDefinition, _: NoParameters) -> Result:
    """A task in the host's network has neither a privileged container nor one that may run as root."""
    if definition.network_mode != "host":
        return passed(f"The task does not use the host's network. {_BY_PLATFORM}")
    bad = names(definition, lambda item: bool(item.privileged) or _user_of(evidence, item)[0] is not False)
    if bad:
        return failed("Containers in the host's network are privileged or may run as root.", bad)
    return passed("No container in the host's network is privileged or runs as root.")


@on_task
def read_only_root(evidence: ComplianceEvidence, definition: TaskDefinition, _: NoParameters) -> Result:
    """Every container has a read-only root file system."""
    if is_windows(evidence):
        return not_applicable("Windows containers do not support a read-only root file system.")
    if bad := names(definition, lambda container: container.readonly_root_filesystem is not True):
        return failed("Containers can write to their root file system.", bad)
    return passed("Every container has a read-only root file system.")


@on_task
def environment_secrets(_: ComplianceEvidence, definition: TaskDefinition, parameters: SecretNames) -> Result:
    """No environment variable of the task definition holds a secret, by its name or by what its value looks like."""
    bad = []
    for container in definition.container_definitions:
        for variable in container.environment:
            name, rule = variable.get("name", ""), variable.get("secret", "")
            if rule or name in parameters.names:
                bad.append(f"{container.name}: {name} ({rule or 'by its name'})")
    if bad:
        return failed("Secrets are passed in environment variables.", bad)
    return passed("No environment variable of the task definition looks like a secret.")


@on_task
def logging(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """Every container has a log driver."""
    if bad := names(definition, lambda container: not (container.log_configuration or {}).get("logDriver")):
        return failed("Containers have no log driver.", bad)
    return passed("Every container has a log driver.")


@on_task
def platform_version(evidence: ComplianceEvidence, definition: TaskDefinition, parameters: PlatformVersions) -> Result:
    """The task runs on the latest Fargate platform version."""
    version = definition.platform_version or ""
    if not _VERSION.match(version):
        return not_assessed("The platform version of the running task was not seen.", (version,) if version else ())
    latest = parameters.windows if is_windows(evidence) else parameters.linux
    if _numbers(version) < _numbers(latest):
        return failed(f"The task runs on platform version {version}; the latest is {latest}.")
    return passed(f"The task runs on platform version {version}.")


@on_task
def efs_encryption(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """EFS volumes are encrypted in transit."""
    volumes = [volume for volume in definition.volumes if volume.get("efsVolumeConfiguration")]
    if not volumes:
        return not_applicable("The task definition has no EFS volume.")
    if bad := [str(volume.get("name", "")) for volume in volumes if _transit_encryption(volume) != "ENABLED"]:
        return failed("EFS volumes are not encrypted in transit.", bad)
    return passed("Every EFS volume is encrypted in transit.")


@on_task
def linux_user(evidence: ComplianceEvidence, definition: TaskDefinition, _: NoParameters) -> Result:
    """Every container runs as a user other than root; where the definition is silent, the image's user counts."""
    if is_windows(evidence):
        return not_applicable("The task runs on Windows; see the control on administrators.")
    users = [(item.name, *_user_of(evidence, item)) for item in definition.container_definitions]
    if root := [f"{name}: {why}" for name, is_root, why in users if is_root]:
        return failed("Containers run as root.", root)
    if unknown := [f"{name}: {why}" for name, is_root, why in users if is_root is None]:
        return not_assessed("The user of some containers is not known here.", unknown)
    return passed("Every container runs as a user other than root.", (f"{name}: {why}" for name, _, why in users))


@on_task
def windows_user(evidence: ComplianceEvidence, definition: TaskDefinition, _: NoParameters) -> Result:
    """Every container of a Windows task sets a user who is no administrator."""
    if not is_windows(evidence):
        return not_applicable("The task runs on Linux.")
    if bad := names(definition, lambda item: not item.user or item.user.lower() in _ADMINISTRATORS):
        return failed("Containers set no user, or an administrator.", bad)
    return passed("Every container sets a user who is no administrator.")


def _user_of(evidence: ComplianceEvidence, container: TaskContainer) -> tuple[bool | None, str]:
    """Return whether the container runs as root, and why; None where that is decided by another image's files."""
    if own_container(evidence) is container:
        user = effective_user(evidence)
        return user.root, user.why
    if not container.user:
        return None, "Its image decides, which is assessed by itself."
    known = user_by_value(container.user, "the task definition")
    return (known.root, known.why) if known else (None, f"The user {container.user} is resolved by its own image.")


def _transit_encryption(volume: dict[str, object]) -> object:
    settings = volume.get("efsVolumeConfiguration")
    return settings.get("transitEncryption") if isinstance(settings, dict) else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


CHECKS = (
    Check("privileged", privileged, NoParameters),
    Check("host_process_namespace", host_process_namespace, NoParameters),
    Check("host_network", host_network, NoParameters),
    Check("host_network_as_root", host_network_as_root, NoParameters),
    Check("read_only_root", read_only_root, NoParameters),
    Check("environment_secrets", environment_secrets, SecretNames),
    Check("logging", logging, NoParameters),
    Check("platform_version", platform_version, PlatformVersions),
    Check("efs_encryption", efs_encryption, NoParameters),
    Check("linux_user", linux_user, NoParameters),
    Check("windows_user", windows_user, NoParameters),
)
