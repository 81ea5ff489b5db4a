"""What the evidence says, in the terms in which checks ask: the container's definition, image config and user."""

import re

import msgspec

from landwaiter.compliance.models import ComplianceEvidence, TaskContainer, TaskDefinition
from landwaiter.images.models import ContainerConfig

_NUMBER = re.compile(r"[+-]?[0-9]+\Z")
_UNSEEN_FILES = frozenset({"unreadable-layer", "too-many"})


class EffectiveUser(msgspec.Struct, frozen=True):
    """The user a container's process runs as.

    `root` is None where it cannot be told; `text` is the user as declared, `said_by` names where, `why` explains.
    """

    root: bool | None
    text: str
    said_by: str
    why: str


def image_config(evidence: ComplianceEvidence) -> ContainerConfig | None:
    """Return the image's container config, or None where there is none to read (a root file system folder).

    A folder has neither a manifest's digest nor a `config`. An image whose config leaves `config` out has all defaults
    (OCI image spec, config.md).
    """
    image = evidence.inventory.image
    if image.config.config is not None:
        return image.config.config
    return ContainerConfig() if image.digest else None


def own_container(evidence: ComplianceEvidence) -> TaskContainer | None:
    """Return the container of the task definition that runs this image: by name, else by its reference."""
    definition = evidence.task_definition
    if definition is None:
        return None
    containers = definition.container_definitions
    if evidence.container is not None:
        chosen = [item for item in containers if item.name == evidence.container]
    else:
        chosen = [item for item in containers if item.image == evidence.inventory.image.reference]
    return chosen[0] if len(chosen) == 1 else None


def is_windows(evidence: ComplianceEvidence) -> bool:
    """Tell whether image or task definition say that this runs on Windows."""
    family = operating_system_family(evidence.task_definition)
    return family.startswith("WINDOWS") or (not family and evidence.inventory.image.platform.os == "windows")


def operating_system_family(definition: TaskDefinition | None) -> str:
    """Return `runtimePlatform.operatingSystemFamily` in upper case, "" where it is not stated."""
    platform = (definition.runtime_platform if definition else None) or {}
    return platform.get("operatingSystemFamily", "").upper()


def files_unseen(evidence: ComplianceEvidence) -> str:
    """Return why the file system was not seen as a whole, "" where it was."""
    for note in evidence.inventory.coverage.notes:
        if note.kind in _UNSEEN_FILES:
            return note.reason
    return ""


def effective_user(evidence: ComplianceEvidence) -> EffectiveUser:
    """Return the user that the container runs as: the task definition's `user`, else the image config's `User`."""
    container = own_container(evidence)
    if container is not None and container.user:
        return resolve_user(evidence, container.user, "the task definition")
    config = image_config(evidence)
    if config is None:
        return EffectiveUser(None, "", "", "There is no image config to read the user from.")
    return resolve_user(evidence, config.user or "", "the image")


def resolve_user(evidence: ComplianceEvidence, declared: str, said_by: str) -> EffectiveUser:
    """Resolve `user`, `uid`, `user:group` or `uid:gid` as a container runtime does, by the image's /etc/passwd."""
    return user_by_value(declared, said_by) or _by_name(evidence, declared, said_by)


def user_by_value(declared: str, said_by: str) -> EffectiveUser | None:
    """Resolve what needs no /etc/passwd: no user, a number (always a uid), root. None for any other name."""
    name = _name(declared)
    if not name:
        return EffectiveUser(
            root=True, text=declared, said_by=said_by, why="No user is set, so the process runs as root."
        )
    if name == "root":
        return EffectiveUser(root=True, text=declared, said_by=said_by, why=f"The user is root, set by {said_by}.")
    if not _NUMBER.match(name):
        return None
    root = name.lstrip("+-").strip("0") == ""
    verb = "is root's" if root else "is not root's"
    return EffectiveUser(root, declared, said_by, f"The user id {name}, set by {said_by}, {verb}.")


def _name(declared: str) -> str:
    return declared.strip().partition(":")[0]


def _by_name(evidence: ComplianceEvidence, declared: str, said_by: str) -> EffectiveUser:
    name = _name(declared)
    files, unseen = evidence.inventory.files, files_unseen(evidence)
    if unseen:
        text = f"The user {name}, set by {said_by}, cannot be resolved: {unseen}"
        return EffectiveUser(None, declared, said_by, text)
    account = next((item for item in files.accounts if item.name == name), None)
    if account is not None and account.uid >= 0:
        text = f"The user {name}, set by {said_by}, has uid {account.uid} in /etc/passwd."
        return EffectiveUser(account.uid == 0, declared, said_by, text)
    missing = "has no line in /etc/passwd" if files.has_passwd else "cannot be resolved, as there is no /etc/passwd"
    return EffectiveUser(None, declared, said_by, f"The user {name}, set by {said_by}, {missing}.")
