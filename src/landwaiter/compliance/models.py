"""Compliance: benchmarks are data, controls are views on checks, a check is a pure function over evidence."""

import msgspec

from landwaiter.inventory.models import Inventory
from landwaiter.matching.models import Assessment

STATUSES = ("fail", "warn", "error", "not_assessed", "pass", "not_applicable", "inherited")
"""Most urgent first. A pass is never inferred from missing data."""


class Result(msgspec.Struct, frozen=True):
    """What one check says of one image or task: a status of `STATUSES`, a sentence, and the evidence it rests on."""

    status: str
    message: str
    evidence: tuple[str, ...] = ()


class TaskContainer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A container of an ECS task definition, as DescribeTaskDefinition gives it; environment values are dropped."""

    name: str
    image: str = ""
    user: str | None = None
    privileged: bool | None = None
    readonly_root_filesystem: bool | None = None
    environment: tuple[dict[str, str], ...] = ()
    """`{"name": …}` only; a value that looks like a secret leaves `{"name": …, "secret": rule}`."""
    secrets: tuple[dict[str, str], ...] = ()
    log_configuration: dict[str, object] | None = None
    health_check: dict[str, object] | None = None
    linux_parameters: dict[str, object] | None = None


class TaskDefinition(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An ECS task definition (API reference, TaskDefinition), as far as the checks read it."""

    task_definition_arn: str
    container_definitions: tuple[TaskContainer, ...] = ()
    network_mode: str | None = None
    pid_mode: str | None = None
    ipc_mode: str | None = None
    task_role_arn: str | None = None
    execution_role_arn: str | None = None
    volumes: tuple[dict[str, object], ...] = ()
    runtime_platform: dict[str, str] | None = None
    platform_version: str | None = None
    """Of the running task, not of the definition."""
    enable_execute_command: bool | None = None
    """Of the running task."""


class ComplianceEvidence(msgspec.Struct, frozen=True):
    """All that the checks may look at. What is None was not seen, and gives not_assessed."""

    inventory: Inventory
    assessment: Assessment | None = None
    task_definition: TaskDefinition | None = None
    container: str | None = None
    """Name of the container in the task definition that runs this image."""


class ControlResult(msgspec.Struct, frozen=True):
    """A control of a benchmark with the result of its check."""

    benchmark: str
    control: str
    title: str
    severity: str
    check: str
    status: str
    message: str
    evidence: tuple[str, ...] = ()
    remediation: str = ""
    also: tuple[str, ...] = ()
    """The same requirement in other benchmarks, as `benchmark control`."""


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One control of a benchmark, as its YAML file declares it.

    Either `check` names the check that decides it (with `parameters` for it), or `combines` names other controls, as
    `benchmark control`, whose worst status is its own. `why` and `remediation` are our own words; `title` is cited.
    """

    id: str
    title: str
    severity: str
    why: str
    remediation: str
    check: str = ""
    parameters: dict[str, object] = {}
    combines: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """The same requirement elsewhere, beyond the controls that use the same check with the same parameters."""


class Benchmark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A set of controls: `id` names it in results and policies, `source` says where its ids and titles come from."""

    id: str
    title: str
    version: str
    source: str
    controls: tuple[Control, ...]
