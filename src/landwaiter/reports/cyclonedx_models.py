"""The objects of CycloneDX 1.6 that Landwaiter writes; the names are the specification's."""

import msgspec


class _Object(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An object of the BOM: camelCase, and nothing written that is absent."""


class Property(_Object, frozen=True):
    """A name and value of our own; names begin with `landwaiter:`."""

    name: str
    value: str


class LicenseId(_Object, frozen=True):
    """A licence by SPDX id, or else by its name."""

    id: str = ""
    name: str = ""


class LicenseChoice(_Object, frozen=True):
    """One licence, or one SPDX expression for the whole component."""

    license: LicenseId | None = None
    expression: str = ""


class Occurrence(_Object, frozen=True):
    """Where a component was found: the path, and the layer as additional context."""

    location: str
    additional_context: str = ""


class Evidence(_Object, frozen=True):
    """What was seen of a component."""

    occurrences: tuple[Occurrence, ...]


class Component(_Object, frozen=True):
    """A package, the operating system, or the image itself."""

    type: str
    name: str
    bom_ref: str = msgspec.field(name="bom-ref", default="")
    group: str = ""
    version: str = ""
    publisher: str = ""
    purl: str = ""
    licenses: tuple[LicenseChoice, ...] = ()
    evidence: Evidence | None = None
    properties: tuple[Property, ...] = ()


class Tools(_Object, frozen=True):
    """The tools that made the BOM."""

    components: tuple[Component, ...]


class Metadata(_Object, frozen=True):
    """When, with what, and of what the BOM was made."""

    timestamp: str
    tools: Tools
    component: Component
    properties: tuple[Property, ...] = ()


class Dependency(_Object, frozen=True):
    """What a component is made of."""

    ref: str
    depends_on: tuple[str, ...] = ()


class Composition(_Object, frozen=True):
    """Whether the list of parts is complete."""

    aggregate: str
    assemblies: tuple[str, ...]


class Source(_Object, frozen=True):
    """Who says something of a vulnerability."""

    name: str = ""
    url: str = ""


class Reference(_Object, frozen=True):
    """The vulnerability's name elsewhere."""

    id: str
    source: Source


class Rating(_Object, frozen=True):
    """How severe a source holds it to be."""

    source: Source
    severity: str
    score: float | None = None
    method: str = ""
    vector: str = ""


class Analysis(_Object, frozen=True):
    """Whether it matters in this image, and why."""

    state: str
    justification: str = ""
    response: tuple[str, ...] = ()
    detail: str = ""


class AffectedVersion(_Object, frozen=True):
    """A version and its status."""

    version: str
    status: str


class Affects(_Object, frozen=True):
    """A component that it is about."""

    ref: str
    versions: tuple[AffectedVersion, ...]


class Vulnerability(_Object, frozen=True):
    """A vulnerability in components of the BOM."""

    bom_ref: str = msgspec.field(name="bom-ref")
    id: str
    source: Source
    references: tuple[Reference, ...] = ()
    ratings: tuple[Rating, ...] = ()
    description: str = ""
    recommendation: str = ""
    analysis: Analysis | None = None
    affects: tuple[Affects, ...] = ()
    properties: tuple[Property, ...] = ()


class Bom(_Object, frozen=True, kw_only=True):
    """The bill of materials."""

    schema: str = msgspec.field(name="$schema")
    bom_format: str
    spec_version: str
    serial_number: str
    version: int
    metadata: Metadata
    components: tuple[Component, ...]
    dependencies: tuple[Dependency, ...]
    compositions: tuple[Composition, ...]
    vulnerabilities: tuple[Vulnerability, ...] = ()
