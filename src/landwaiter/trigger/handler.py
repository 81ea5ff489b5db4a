"""The function's entry: a task event, the scheduled sweep, or the doctor's test handshake.

The way of an event: read it, tell the platform, start a build for each image that the platform leases to us. Whatever
goes wrong is raised: AWS retries the invocation and then parks the event in the dead-letter queue, so that no task is
lost in silence.
"""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from landwaiter.events.models import TaskState
from landwaiter.events.parse import is_fargate, parse_event
from landwaiter.trigger.aws import client, code_of
from landwaiter.trigger.builds import BuildNotStartedError, start_builds
from landwaiter.trigger.check import check
from landwaiter.trigger.platform_client import PlatformClient, PlatformError
from landwaiter.trigger.settings import Settings
from landwaiter.trigger.sweep import clusters, running_tasks
from landwaiter.trigger.task_definitions import TaskDefinitions, registry_secrets

TOKEN_SECONDS = 300
"""How long a token read from Secrets Manager is used before it is read again (it may have been rotated)."""

_ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}


class SweepError(Exception):
    """Some clusters could not be swept; all others were."""


def handle(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Serve one invocation; return a small summary for the log. Raises whatever keeps the event from being reported."""
    try:
        return _dispatch(event)
    except PlatformError:
        # The token may have been rotated: the next attempt reads it anew.
        _WARM.clear()
        raise


def _dispatch(event: dict[str, Any]) -> dict[str, Any]:
    if event.get("landwaiter") == "check":
        return check(_token)
    function = _function(int(time.monotonic() // TOKEN_SECONDS))
    if event.get("detail-type") == "Scheduled Event" or event.get("landwaiter") == "sweep":
        return function.sweep()
    if event.get("landwaiter") == "handshake":
        return function.handshake()
    return function.report(parse_event(event))


@dataclass(frozen=True, slots=True)
class Described:
    """A task with its task definition as evidence, None where that is not known or not needed."""

    task: TaskState
    definition: dict[str, Any] | None

    def report(self) -> dict[str, Any]:
        """Return it as the platform takes it."""
        return {"task": asdict(self.task), "task_definition": self.definition}


class Function:
    """A warm function: its settings, clients and connection, reused between invocations."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._platform = PlatformClient(settings, _token(settings.token_secret))
        self._definitions = TaskDefinitions(client("ecs"))

    def report(self, task: TaskState) -> dict[str, Any]:
        """Tell the platform about one task and start the builds that it asks for."""
        if not is_fargate(task):
            return {"ignored": f"{task.task_arn} does not run on Fargate"}
        described = self._described(task)
        images = _images(self._platform.post("/api/v1/sensor/tasks", described.report()))
        started = self._start(images, [described])
        states = ", ".join(f"{image.get('container')} {image.get('state')}" for image in images) or "noted"
        print(f"{task.task_arn} {task.last_status} version {task.version}: {states}, {started} build(s) started")
        return {"task": task.task_arn, "images": images, "builds": started}

    def sweep(self) -> dict[str, Any]:
        """Report everything that runs in every cluster, and let the platform close what has stopped.

        A cluster that cannot be listed, or a build that does not start, keeps no other cluster from being swept; raises
        SweepError at the end. Raises PlatformError at once.
        """
        counts, failures = {"tasks": 0, "closed": 0, "builds": 0}, []
        for cluster in clusters(client("ecs")):
            try:
                self._sweep_cluster(cluster, counts)
            except BuildNotStartedError as error:
                failures.append(f"{cluster}: {error}")
            except Exception as error:
                if not code_of(error):
                    raise
                failures.append(f"{cluster}: {error}")
        print(f"sweep: {counts['tasks']} task(s) run, {counts['closed']} closed, {counts['builds']} build(s) started")
        if failures:
            raise SweepError("; ".join(failures))
        return dict(counts)

    def _sweep_cluster(self, cluster: str, counts: dict[str, int]) -> None:
        taken_at = datetime.now(UTC).isoformat()
        described = [self._described(task) for task in running_tasks(client("ecs"), cluster)]
        _, _, _, region, account, _ = cluster.split(":", 5)
        sweep = {"account": account, "region": region, "clusters": [cluster], "taken_at": taken_at}
        answer = self._platform.post("/api/v1/sensor/sweep", sweep | {"tasks": _each_definition_once(described)})
        counts["tasks"] += len(described)
        counts["closed"] += int(answer.get("closed", 0))
        counts["builds"] += self._start(_images(answer), described)

    def handshake(self) -> dict[str, Any]:
        """Prove from inside the function's network that the platform is reached, trusted, and knows our token."""
        self._platform.post("/api/v1/sensor/sweep", {"account": "", "region": "", "clusters": [], "tasks": []})
        return {"platform": self._settings.platform_url, "trusted": True}

    def _described(self, task: TaskState) -> Described:
        """Add the definition to a running task, and the architecture that it states where ECS does not."""
        running = task.last_status == "RUNNING"
        if not running and task.architecture:
            return Described(task, None)
        definition = self._definitions.evidence(task.task_definition_arn)
        stated = str(((definition or {}).get("runtimePlatform") or {}).get("cpuArchitecture", ""))
        known = replace(task, architecture=task.architecture or _ARCHITECTURES.get(stated, ""))
        return Described(known, definition if running else None)

    def _start(self, images: list[dict[str, Any]], described: Iterable[Described]) -> int:
        if not any(image.get("state") == "scan" for image in images):
            return 0
        secrets: dict[str, str] = {}
        for item in described:
            secrets |= registry_secrets(item.definition)
        return start_builds(client("codebuild"), self._settings.project, self._platform, images, secrets)


def _images(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the platform says of each image; raises PlatformError when it is somebody else who answered."""
    images = answer.get("images")
    if not isinstance(images, list) or not all(isinstance(image, dict) for image in images):
        raise PlatformError("the answer has no list of images: LANDWAITER_PLATFORM_URL is not the platform's address")
    return images


def _each_definition_once(described: Iterable[Described]) -> list[dict[str, Any]]:
    """Return the tasks as the platform takes them; it keeps a definition that it was told with another task."""
    told: set[str] = set()
    reports = []
    for item in described:
        arn = item.task.task_definition_arn
        reports.append((replace(item, definition=None) if arn in told else item).report())
        if item.definition is not None:
            told.add(arn)
    return reports


def _function(_period: int) -> Function:
    """Return the warm function; a new one each `TOKEN_SECONDS`, so that a rotated token is picked up."""
    if _WARM.get("period") != _period:
        _WARM.update(period=_period, function=Function(Settings.from_environment()))
    function = _WARM["function"]
    assert isinstance(function, Function)  # noqa: S101 - narrows the type
    return function


_WARM: dict[str, object] = {}


def _token(secret: str) -> str:
    try:
        return str(client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]).strip()
    except Exception as error:
        raise PlatformError(f"the platform's token cannot be read from secret {secret}: {error}") from error
