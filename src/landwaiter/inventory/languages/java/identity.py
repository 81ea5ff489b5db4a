"""Which artifact a jar is, when no `pom.properties` says so.

Artifact and version come from the file's name (`NAME-VERSION[-CLASSIFIER].jar`), else from the manifest. The group is
taken, in this order, from

1. the path, where the jar lies in a Maven repository or Gradle's cache,
2. the manifest's title in Gradle's long form (`group#module;version`),
3. Tomcat's bundle name, and the table of publishers (`publishers.py`),
4. the bundle's symbolic name, where it is the group, a dot and the artifact (as Maven's bundle plugin makes it),
5. the vendor id, where the title is the artifact (as Maven's archiver makes it).

Otherwise it stays empty, and the package's name is the artifact alone: a group that is only guessed would name a
package that does not exist, or worse, another one that does.
"""

import re
from collections.abc import Mapping, Sequence

from landwaiter.inventory.languages.java.metadata import Coordinates, coordinates
from landwaiter.inventory.languages.java.publishers import TOMCAT, publishers

_FILE = re.compile(r"(?P<artifact>[A-Za-z][\w.-]*?(?:_\d[\d.]*)?)-(?P<version>\d[\w.+~-]*)")
_BUNDLE_FILE = re.compile(r"(?P<artifact>[A-Za-z][\w.-]*?)_(?P<version>\d+\.\d+\.\d+(?:\.[\w-]+)?)")
"""Eclipse's way: `org.eclipse.osgi_3.18.0.v20220516.jar`."""
_CLASSIFIER = re.compile(
    r"-(?:(?:linux|osx|windows|macosx?|win|mac)(?:[-_].+)?|sources|javadoc|tests?|test-sources|all|shaded|standalone|uber"
    r"|exec|boot|plain|jar-with-dependencies|with-dependencies|bundle|nodep(?:s)?|no_aop|natives?(?:-.+)?|x86_64|aarch_64"
    r"|runner|fat|data|min|classes|bin|api-only|dist|optional)$"
)
_REPOSITORY = re.compile(
    r"(?:^|/)(?:repository|maven-repo|maven2?|m2|repo)/(?P<group>[\w-]+(?:/[\w-]+)*)/(?P<artifact>[\w.-]+)/(?P<version>[^/]+)/(?P=artifact)-(?P=version)[^/]*$"
)
_GRADLE = re.compile(r"files-2\.1/(?P<group>[\w.-]+)/(?P<artifact>[\w.-]+)/(?P<version>[^/]+)/[0-9a-f]{30,40}/[^/]+$")
_NEBULA = re.compile(r"(?P<group>[\w.-]+)#(?P<artifact>[\w.-]+);(?P<version>\S+)")
_VERSION = re.compile(r"v?\d[\w.+~-]*")
_TITLE = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*")
_GROUP = re.compile(r"[a-z][\w-]*(?:\.[a-z][\w-]*)+")
_UMBRELLAS = frozenset({
    "com.google", "com.ibm", "com.oracle", "com.sun", "net.sf", "org.apache", "org.codehaus", "org.eclipse",
    "org.glassfish", "org.hibernate", "org.jboss", "org.springframework",
})  # fmt: skip
"""Organisations with many groups below theirs, whose name alone says little."""
MAX_NAME, MAX_PATH = 255, 1000
"""Characters; longer names than a file system allows, and very long paths, come only from hostile archives."""
_JAVA_RUNTIME = "Java Runtime Environment"


def identify(
    path: str, stem: str, manifest: Mapping[str, str], names: Sequence[bytes]
) -> tuple[Coordinates | None, bool]:
    """Return which artifact the jar is, and whether its path names it exactly; None when no version can be told.

    `path` is the jar's path, `stem` its file name without suffix, `names` are its entries.
    """
    if len(stem) > MAX_NAME:
        return None, False
    for pattern in (_REPOSITORY, _GRADLE) if len(path) <= MAX_PATH else ():
        match = pattern.search(path)
        if match:
            return coordinates(match["group"].replace("/", "."), match["artifact"], match["version"]), True
    if manifest.get("Implementation-Title") == _JAVA_RUNTIME:
        return None, False
    artifact, version = _named(stem, manifest)
    if not version:
        return None, False
    tomcat = _tomcat(artifact, manifest)
    if tomcat:
        return coordinates(*tomcat, version), False
    return coordinates(_group(artifact, version, manifest, names), artifact, version), False


def _named(stem: str, manifest: Mapping[str, str]) -> tuple[str, str]:
    """Return artifact and version by the file's name, by the manifest where the name has no version."""
    match = _BUNDLE_FILE.fullmatch(stem) or _FILE.fullmatch(stem)
    if match:
        return match["artifact"], _without_classifier(match["version"], manifest)
    version = next((text for text in map(_version, _versions(manifest)) if text), "")
    title = manifest.get("Implementation-Title", "")
    return (title if _TITLE.fullmatch(title) and title not in {"jar", "all", "jvmJar", "root"} else stem), version


def _versions(manifest: Mapping[str, str]) -> tuple[str, str]:
    return manifest.get("Implementation-Version", ""), manifest.get("Bundle-Version", "")


def _version(text: str) -> str:
    first = text.split(" ", 1)[0].split("(", 1)[0]
    return first if _VERSION.fullmatch(first) else ""


def _without_classifier(version: str, manifest: Mapping[str, str]) -> str:
    """Return the version without the classifier that may follow it in a file's name."""
    for stated in map(_version, _versions(manifest)):
        if stated and version.startswith(f"{stated}-") and _CLASSIFIER.match(version[len(stated) :]):
            return stated
    return _CLASSIFIER.sub("", version)


def _tomcat(artifact: str, manifest: Mapping[str, str]) -> tuple[str, str] | None:
    """Return group and artifact of a jar of Tomcat, whose own distribution shortens the files' names."""
    bundle = manifest.get("Bundle-SymbolicName", "").partition(";")[0]
    if not bundle.startswith(f"{TOMCAT}-"):
        return None
    name = artifact if artifact.startswith("tomcat-") else bundle.removeprefix("org.apache.")
    return (f"{TOMCAT}.embed" if name.startswith("tomcat-embed-") else TOMCAT), name


def _group(artifact: str, version: str, manifest: Mapping[str, str], names: Sequence[bytes]) -> str:
    title = manifest.get("Implementation-Title", "")
    nebula = _NEBULA.fullmatch(title)
    if nebula and nebula["version"] == version:
        return nebula["group"]
    published = _published(artifact, version, manifest, names)
    if published:
        return published
    bundle = manifest.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    group = bundle.removesuffix(f".{artifact}")
    if "-" in artifact and group != bundle and _is_group(group):
        return group
    vendor = manifest.get("Implementation-Vendor-Id", "")
    return vendor if artifact.partition("_")[0] == title and _is_group(vendor) else ""


def _is_group(name: str) -> bool:
    return _GROUP.fullmatch(name) is not None and name not in _UMBRELLAS


def _published(artifact: str, version: str, manifest: Mapping[str, str], names: Sequence[bytes]) -> str:
    """Return the group by the table of publishers, where the jar's content bears it out."""
    module = manifest.get("Automatic-Module-Name") == artifact.replace("-", ".")
    for publisher in publishers():
        if publisher.artifacts.fullmatch(artifact) and publisher.versions.match(version):
            prefix = publisher.package
            if module or any(name.startswith(prefix) for name in names):
                return publisher.group
    return ""
