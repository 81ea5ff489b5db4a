"""The objects of SARIF 2.1.0 that Landwaiter writes; the names are the standard's."""

import msgspec


class _Object(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A SARIF object: camelCase, and nothing written that is absent."""


class Message(_Object, frozen=True):
    """Plain text (3.11)."""

    text: str


class Configuration(_Object, frozen=True):
    """How a rule is reported unless a result says otherwise (3.50)."""

    level: str


class RuleProperties(_Object, frozen=True, rename="kebab"):
    """What code scanning reads of a rule: `security-severity` is a CVSS score as text."""

    tags: tuple[str, ...]
    security_severity: str = ""
    precision: str = ""


class Rule(_Object, frozen=True):
    """A reportingDescriptor (3.49)."""

    id: str
    name: str
    short_description: Message
    full_description: Message
    help: Message
    default_configuration: Configuration
    help_uri: str = ""
    properties: RuleProperties | None = None


class Driver(_Object, frozen=True):
    """The tool's component (3.19)."""

    name: str
    version: str
    rules: tuple[Rule, ...] = ()


class Tool(_Object, frozen=True):
    """The tool (3.18)."""

    driver: Driver


class ArtifactLocation(_Object, frozen=True):
    """Where an artifact lies, relative to a base (3.4)."""

    uri: str
    uri_base_id: str = ""


class Region(_Object, frozen=True):
    """A place in an artifact (3.30); a package has none, and viewers want a line."""

    start_line: int


class PhysicalLocation(_Object, frozen=True):
    """A place in the image's file system (3.29)."""

    artifact_location: ArtifactLocation
    region: Region


class LogicalLocation(_Object, frozen=True):
    """A place by name (3.33): the package's purl."""

    fully_qualified_name: str
    kind: str


class Location(_Object, frozen=True):
    """Where a result was found (3.28)."""

    physical_location: PhysicalLocation
    logical_locations: tuple[LogicalLocation, ...] = ()


class Suppression(_Object, frozen=True):
    """Why a result does not count (3.35)."""

    kind: str
    status: str
    justification: str


class ResultProperties(_Object, frozen=True):
    """What decided about the result."""

    purl: str = ""
    range: str = ""
    record: str = ""
    kev: bool = False
    epss: float | None = None


class Result(_Object, frozen=True):
    """One find (3.27)."""

    rule_id: str
    rule_index: int
    level: str
    message: Message
    locations: tuple[Location, ...]
    partial_fingerprints: dict[str, str] = {}
    suppressions: tuple[Suppression, ...] = ()
    properties: ResultProperties | None = None


class Descriptor(_Object, frozen=True):
    """Names what a notification is about (3.52)."""

    id: str


class Notification(_Object, frozen=True):
    """A condition of the run (3.58)."""

    level: str
    message: Message
    descriptor: Descriptor


class Invocation(_Object, frozen=True):
    """When the tool ran, and what it could not do (3.20)."""

    end_time_utc: str
    execution_successful: bool
    tool_execution_notifications: tuple[Notification, ...] = ()


class BaseUri(_Object, frozen=True):
    """What a base id stands for (3.14.14)."""

    description: Message


class RunProperties(_Object, frozen=True):
    """The image and its verdict."""

    image: str
    digest: str
    verdict: str
    reasons: tuple[str, ...] = ()


class Run(_Object, frozen=True):
    """One run of the tool (3.14)."""

    tool: Tool
    results: tuple[Result, ...]
    invocations: tuple[Invocation, ...] = ()
    original_uri_base_ids: dict[str, BaseUri] = {}
    properties: RunProperties | None = None


class Log(_Object, frozen=True, kw_only=True):
    """A log file (3.13)."""

    schema: str = msgspec.field(name="$schema")
    version: str
    runs: tuple[Run, ...]
