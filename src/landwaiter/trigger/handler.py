"""The function's entry: a task event, the scheduled sweep, or the doctor's test handshake.

The way of an event: read it, tell the platform, start a build for each image that the platform leases to us. Whatever
goes wrong is raised: AWS retries the invocation and then parks the event in the dead-letter queue, so that no task is
lost in silence.
"""

import time
from dataclasses import asdict
from functools import cache
from typing import Any

from landwaiter.events.models import TaskState
from landwaiter.events.parse import is_fargate, parse_event
from landwaiter.trigger.builds import start_builds
from landwaiter.trigger.platform_client import PlatformClient, PlatformError
from landwaiter.trigger.settings import Settings
from landwaiter.trigger.sweep import clusters, running_tasks
from landwaiter.trigger.task_definitions import TaskDefinitions, registry_secrets

TOKEN_SECONDS = 300
"""How long a token read from Secrets Manager is used before it is read again (it may have been rotated)."""


def handle(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Serve one invocation; return a small summary for the log. Raises whatever keeps the event from being reported."""
    function = _function(int(time.monotonic() // TOKEN_SECONDS))
    if event.get("detail-type") == "Scheduled Event" or event.get("landwaiter") == "sweep":
        return function.sweep()
    if event.get("landwaiter") == "handshake":
        return function.handshake()
    return function.report(parse_event(event))


class Function:
    """A warm function: its settings, clients and connection, reused between invocations."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._platform = PlatformClient(settings, _token(settings.token_secret))
        self._definitions = TaskDefinitions(_client("ecs"))

    def report(self, task: TaskState) -> dict[str, Any]:
        """Tell the platform about one task and start the builds that it asks for."""
        if not is_fargate(task):
            return {"ignored": f"{task.task_arn} does not run on Fargate"}
        described = self._described(task)
        answer = self._platform.post("/api/v1/sensor/tasks", described)
        started = self._start(answer, [described])
        print(
            f"{task.task_arn} {task.last_status} version {task.version}: {_states(answer)}, {started} build(s) started"
        )
        return {"task": task.task_arn, "images": answer.get("images", []), "builds": started}

    def sweep(self) -> dict[str, Any]:
        """Report everything that runs in every cluster, and let the platform close what has stopped."""
        ecs, started, closed, seen = _client("ecs"), 0, 0, 0
        for cluster in clusters(ecs):
            tasks = [self._described(task) for task in running_tasks(ecs, cluster)]
            _, _, _, region, account, _ = cluster.split(":", 5)
            answer = self._platform.post(
                "/api/v1/sensor/sweep",
                {"account": account, "region": region, "clusters": [cluster], "tasks": tasks},
            )
            started += self._start(answer, tasks)
            closed += int(answer.get("closed", 0))
            seen += len(tasks)
        print(f"sweep: {seen} task(s) run, {closed} closed, {started} build(s) started")
        return {"tasks": seen, "closed": closed, "builds": started}

    def handshake(self) -> dict[str, Any]:
        """Prove from inside the function's network that the platform is reached, trusted, and knows our token."""
        self._platform.post("/api/v1/sensor/sweep", {"account": "", "region": "", "clusters": [], "tasks": []})
        return {"platform": self._settings.platform_url, "trusted": True}

    def _described(self, task: TaskState) -> dict[str, Any]:
        running = task.last_status == "RUNNING"
        definition = self._definitions.evidence(task.task_definition_arn) if running else None
        return {"task": asdict(task), "task_definition": definition}

    def _start(self, answer: dict[str, Any], described: list[dict[str, Any]]) -> int:
        images = answer.get("images", [])
        if not any(image.get("state") == "scan" for image in images):
            return 0
        secrets: dict[str, str] = {}
        for item in described:
            secrets |= registry_secrets(item["task_definition"])
        return start_builds(_client("codebuild"), self._settings.project, self._platform, images, secrets)


@cache
def _client(service: str) -> Any:  # noqa: ANN401 - a boto3 client has no static type at run time
    import boto3  # noqa: PLC0415 - half of the cold start; the module itself must import in a moment

    client: Any = boto3.client  # one overload for each AWS service; the name comes at run time
    return client(service)


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
        return str(_client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]).strip()
    except Exception as error:
        raise PlatformError(f"the platform's token cannot be read from secret {secret}: {error}") from error


def _states(answer: dict[str, Any]) -> str:
    return ", ".join(f"{image.get('container')} {image.get('state')}" for image in answer.get("images", [])) or "noted"
