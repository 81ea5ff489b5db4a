"""What is in an image: the facts of one layer, and the inventory that coalescing makes of the layers' facts.

Layer facts are a pure function of the layer's bytes and the analyser version, small, and content-addressed by
(`diff_id`, `ANALYSER_VERSION`); the job uploads them, the platform keeps them, `coalesce` turns them into an inventory.
Paths are relative to the root, without leading slash. Everything encodes with msgspec.json and decodes back.
"""

import msgspec

from landwaiter.images.models import ImageConfig
from landwaiter.images.platform import Platform

ANALYSER_VERSION = "2"
"""Raised whenever the same layer would give other facts, so that cached facts are never mixed."""


class PackageFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One package as a file of one layer declares it.

    `type` is the purl type (deb, apk, rpm, alpm, pypi, npm, maven, golang, cargo, gem, composer, nuget, conda, cran,
    generic, bitnami). `name` is the ecosystem's full name: `group:artifact` for maven, `@scope/name` for npm, the
    module path for golang, `vendor/name` for composer. `version` is complete (epoch included for deb and rpm,
    `1:2.3-4`).
    """

    type: str
    name: str
    version: str
    arch: str = ""
    source_name: str = ""
    """Source package: deb Source, apk origin, name of the source rpm; "" where it equals the package."""
    source_version: str = ""
    licenses: tuple[str, ...] = ()
    modularity: str = ""
    """rpm module label `name:stream:version:context:arch`, "" where none."""
    vendor: str = ""
    path: str = ""
    """Location when it differs from the evidence's path (a jar nested in a war: `app.war!/WEB-INF/lib/x.jar`)."""
    purl: str = ""
    """A purl that the evidence itself states (an SBOM in the image), "" to have one made."""


class OsRelease(msgspec.Struct, frozen=True, omit_defaults=True):
    """The distribution, from os-release(5). `id` is ID ("debian"), `version_id` VERSION_ID ("12"), "" where absent."""

    id: str
    version_id: str = ""
    pretty_name: str = ""
    id_like: tuple[str, ...] = ()
    cpe_name: str = ""
    codename: str = ""


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that was not understood or not looked at: `kind` is a stable word, `reason` a sentence.

    Kinds: unknown-os, no-os, unreadable-database, unreadable-file, too-large, too-deep, too-many, unreadable-layer,
    path-refused, unsupported.
    """

    kind: str
    reason: str
    path: str = ""
    layer: int | None = None


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file of the layer that says something about packages, and what it says.

    An evidence without packages still matters: it replaces one of the same path in a lower layer.
    """

    path: str
    analyser: str
    packages: tuple[PackageFact, ...] = ()
    os_release: OsRelease | None = None
    owned: dict[str, str] = {}
    """Paths of other evidence that the OS package manager owns according to this file -> owning package's name."""
    unreadable: str = ""
    """Why the file could not be understood, in a person's words; "" when it was."""
    notes: tuple[Note, ...] = ()
    """What was not understood of a file that was otherwise read; gone with the evidence when a layer replaces it."""
    digests: tuple[str, ...] = ()
    """First 16 hex digits of the content's digests (`md5:…`, `sha1:…`, `sha256:…`), where the file is small and lies
    where a distribution's packages do: tells whether it still is what its owner installed."""
    owned_digests: dict[str, str] = {}
    """Of the paths of `owned`, the digests that the package manager recorded, written like those of `digests`."""
    licenses: tuple[str, ...] = ()
    """Licences that the file (a Debian copyright file) declares for the package named in its path."""


class FileFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that a compliance check wants to know of; `mode` are the permission bits with setuid, setgid, sticky."""

    path: str
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = 0
    kind: str = ""
    """Why it is notable: credential, private-key, build-file, clutter, cache (a folder; `size` is that of its files),
    world-writable, world-writable-folder."""


class Account(msgspec.Struct, frozen=True):
    """A line of etc/passwd or etc/shadow; `password` is "empty", "locked", "set" or "shadow", never the hash."""

    name: str
    uid: int
    gid: int
    password: str
    shell: str = ""


class SecretFact(msgspec.Struct, frozen=True):
    """A secret found in a file: which rule, where, and a redacted excerpt. The secret itself is never stored."""

    rule: str
    path: str
    line: int
    excerpt: str


class LayerFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that the product keeps of one layer."""

    diff_id: str
    analyser: str = ANALYSER_VERSION
    evidence: tuple[Evidence, ...] = ()
    whiteouts: tuple[str, ...] = ()
    """Paths of lower layers that this layer removes (the name after `.wh.`)."""
    opaque: tuple[str, ...] = ()
    """Folders whose content of lower layers this layer hides (`.wh..wh..opq`)."""
    symlinks: dict[str, str] = {}
    """Symbolic links that may lead to evidence or replace a folder: path -> target as written."""
    hardlinks: dict[str, str] = {}
    """Hard links with an evidence-like name whose target is not in this layer: path -> target path."""
    replaced: tuple[str, ...] = ()
    """Regular files that say nothing themselves, but take the place of what a lower layer may have there: evidence, or
    a folder full of it."""
    folders: tuple[str, ...] = ()
    """Folders of this layer at places where a lower layer may have a symbolic link, which they replace."""
    programs: tuple[str, ...] = ()
    """Programs in the distribution's folders that no package database of this layer claims."""
    unprivileged: tuple[str, ...] = ()
    """Files without setuid and setgid where distributions usually have them: they take the right from a lower layer."""
    traces: tuple[str, ...] = ()
    """Files that tell of an operating system or a package manager, even where its databases are missing."""
    setuid: tuple[FileFact, ...] = ()
    accounts: dict[str, tuple[Account, ...]] = {}
    """etc/passwd and etc/shadow of this layer, by path."""
    notable: tuple[FileFact, ...] = ()
    """Files whose mere presence matters (credentials, keys, Dockerfile, package-manager caches, world-writable)."""
    secrets: tuple[SecretFact, ...] = ()
    notes: tuple[Note, ...] = ()
    entries: int = 0
    size: int = 0
    """Uncompressed bytes of the layer."""


class Location(msgspec.Struct, frozen=True):
    """Where a package lies: path in the image, and the index of the layer that brought it (0 is the lowest)."""

    path: str
    layer: int


class SourcePackage(msgspec.Struct, frozen=True):
    """The source package that a binary package was built from."""

    name: str
    version: str


class Package(msgspec.Struct, frozen=True):
    """One package of the image; fields as in `PackageFact`.

    `owned_by` names the OS package that owns the file a language package was found in; such a package stays visible but
    is not matched (the distribution's own data speaks for it).
    """

    type: str
    name: str
    version: str
    purl: str
    source: SourcePackage | None = None
    arch: str = ""
    locations: tuple[Location, ...] = ()
    licenses: tuple[str, ...] = ()
    modularity: str = ""
    vendor: str = ""
    owned_by: str | None = None
    evidence: str = ""
    """Name of the analyser that found it."""


class LayerSummary(msgspec.Struct, frozen=True):
    """One layer as the inventory shows it; `created_by` from the history, `base` when inherited from the base image."""

    index: int
    diff_id: str
    digest: str
    size: int
    created_by: str = ""
    base: bool | None = None


class ImageSummary(msgspec.Struct, frozen=True):
    """The image that an inventory belongs to."""

    reference: str
    digest: str
    platform: Platform
    layers: tuple[LayerSummary, ...]
    config: ImageConfig
    index_digest: str | None = None


class Coverage(msgspec.Struct, frozen=True):
    """What was understood and what was not. `complete` is False as soon as anything was not."""

    complete: bool
    notes: tuple[Note, ...] = ()
    package_types: dict[str, int] = {}


class ChangedFile(msgspec.Struct, frozen=True):
    """A file that an OS package owns, but that layer `layer` wrote anew or whose content is not what was installed."""

    path: str
    owner: str
    layer: int


class FileEvidence(msgspec.Struct, frozen=True):
    """Coalesced evidence for compliance: what is true of the final file system, and secrets of every layer."""

    setuid: tuple[FileFact, ...] = ()
    accounts: tuple[Account, ...] = ()
    shadow: tuple[Account, ...] = ()
    notable: tuple[FileFact, ...] = ()
    secrets: tuple[SecretFact, ...] = ()
    """Of all layers, deleted files too: a deleted file can still be downloaded."""
    has_passwd: bool = False
    changed: tuple[ChangedFile, ...] = ()


class Inventory(msgspec.Struct, frozen=True):
    """Everything in an image: the JSON of `landwaiter inventory` (design: image, os, packages, coverage)."""

    image: ImageSummary
    os: OsRelease | None
    packages: tuple[Package, ...]
    coverage: Coverage
    files: FileEvidence = FileEvidence()
