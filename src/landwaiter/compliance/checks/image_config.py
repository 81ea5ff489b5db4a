"""Checks that read the image config: user, health check, ports, volumes, environment (OCI image spec, config.md)."""

import msgspec

from landwaiter.compliance.checks.check import Check, NoParameters
from landwaiter.compliance.evidence import effective_user, image_config, is_windows, own_container
from landwaiter.compliance.models import ComplianceEvidence, Result
from landwaiter.compliance.results import failed, not_applicable, not_assessed, passed, warned

_NO_CONFIG = "There is no image config to read, as with a root file system folder."


class SensitiveVolumes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Folders that an image must not declare as volumes, with all below them."""

    folders: tuple[str, ...] = ("/dev", "/proc", "/sys")


class ForbiddenPorts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ports that an image should not expose."""

    ports: tuple[int, ...] = (22, 23)


def non_root_user(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """The container's user (task definition first, then image, resolved through /etc/passwd) is not root."""
    if is_windows(evidence):
        return not_applicable("Windows containers have no root user; see the control on administrators.")
    user = effective_user(evidence)
    shown = (f"user {user.text!r} from {user.said_by}",) if user.text else ()
    if user.root is None:
        return not_assessed(user.why, shown)
    return failed(user.why, shown) if user.root else passed(user.why, shown)


def health_check(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """The image, or the task definition for its container, has a health check."""
    container, config = own_container(evidence), image_config(evidence)
    if container is not None and container.health_check:
        return passed("The task definition has a health check for this container, which ECS runs.")
    if config is None:
        return not_assessed(_NO_CONFIG)
    test = (config.healthcheck.test if config.healthcheck else None) or ()
    if len(test) < 2 or test[0] == "NONE":
        state = "switches its health check off" if test[:1] == ("NONE",) else "has no health check"
        return failed(f"The image {state}.")
    ignored = "ECS ignores it unless the task definition declares one too"
    return passed(f"The image has a HEALTHCHECK; {ignored}.")


def sensitive_volumes(evidence: ComplianceEvidence, parameters: SensitiveVolumes) -> Result:
    """No system folder is declared as a volume."""
    config = image_config(evidence)
    if config is None:
        return not_assessed(_NO_CONFIG)
    volumes = sorted(config.volumes or {})
    bad = [volume for volume in volumes if _within(volume, parameters.folders)]
    if bad:
        return failed("The image declares system folders as volumes.", bad)
    return passed("The image declares no system folder as a volume.")


def exposed_ports(evidence: ComplianceEvidence, parameters: ForbiddenPorts) -> Result:
    """No port of a remote login service is exposed."""
    config = image_config(evidence)
    if config is None:
        return not_assessed(_NO_CONFIG)
    forbidden = {str(port) for port in parameters.ports}
    bad = sorted(port for port in config.exposed_ports or {} if port.partition("/")[0] in forbidden)
    if bad:
        return warned("The image exposes the port of a remote login service.", bad)
    return passed("The image exposes no port of a remote login service.")


def _within(path: str, folders: tuple[str, ...]) -> bool:
    whole = "/" + "/".join(part for part in path.split("/") if part not in {"", "."})
    return any(whole == folder or whole.startswith(folder.rstrip("/") + "/") for folder in folders)


CHECKS = (
    Check("non_root_user", non_root_user, NoParameters),
    Check("health_check", health_check, NoParameters),
    Check("sensitive_volumes", sensitive_volumes, SensitiveVolumes),
    Check("exposed_ports", exposed_ports, ForbiddenPorts),
)
