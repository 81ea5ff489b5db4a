"""What a jar says of itself: the manifest (JAR File Specification), Maven's `pom.properties` and `pom.xml`."""

import re
from dataclasses import dataclass

_MANIFEST_LINE = re.compile(r"^([A-Za-z0-9_-]{1,70}): ?(.*)$", re.MULTILINE)
_ID = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_VERSION = re.compile(r"[A-Za-z0-9][^\s${}<>\"'/\\]{0,255}")


@dataclass(frozen=True, slots=True)
class Coordinates:
    """A Maven artifact; `group` is "" where it is not known."""

    group: str
    artifact: str
    version: str

    @property
    def name(self) -> str:
        """The package's name: `group:artifact`, or the artifact alone where the group is not known."""
        return f"{self.group}:{self.artifact}" if self.group else self.artifact


def coordinates(group: str, artifact: str, version: str) -> Coordinates | None:
    """Return the artifact, None when a part of it cannot be one (missing, or a placeholder like `${version}`)."""
    if not _ID.fullmatch(artifact) or not _VERSION.fullmatch(version) or not (group == "" or _ID.fullmatch(group)):
        return None
    return Coordinates(group, artifact, version)


def read_manifest(content: bytes) -> dict[str, str]:
    """Return the main attributes of a manifest: those before the first empty line, continued lines joined."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").replace("\n ", "")
    main = text.lstrip("\n").partition("\n\n")[0]
    found: dict[str, str] = {}
    for name, value in _MANIFEST_LINE.findall(main):
        found.setdefault(name, value.strip())
    return found


def read_properties(content: bytes) -> Coordinates | None:
    """Return the artifact that a `pom.properties` names; None when it names none."""
    found: dict[str, str] = {}
    for line in content.decode("utf-8", "replace").splitlines():
        text = line.strip()
        key = next((key for key in ("groupId", "artifactId", "version") if text.startswith(key)), "")
        value = text[len(key) :]
        if key and value[:1] in {"=", ":", " ", "\t"}:
            found[key] = value.lstrip().removeprefix("=").removeprefix(":").strip()
    if not found.get("groupId"):
        return None
    return coordinates(found["groupId"], found.get("artifactId", ""), found.get("version", ""))


def read_pom_version(content: bytes) -> str:
    """Return the version in a `pom.xml`, the parent's where it has none of its own; "" when it cannot be told."""
    from defusedxml import ElementTree  # noqa: PLC0415 - few jars have a pom.xml without pom.properties
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415

    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        return ""
    found = {child.tag.rpartition("}")[2]: child for child in root}
    if "version" in found:
        return (found["version"].text or "").strip()
    parent = found.get("parent")
    inherited = {child.tag.rpartition("}")[2]: child.text or "" for child in parent} if parent is not None else {}
    return inherited.get("version", "").strip()
