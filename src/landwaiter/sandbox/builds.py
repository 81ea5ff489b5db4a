"""CodeBuild projects that keep what they are given, and builds that run.

The emulator forgets a project's VPC, logs and limit, and only records builds. Here StartBuild runs the build in a
thread; beyond the sandbox's own number builds wait in QUEUED, and beyond the project's concurrent build limit they
are refused.
"""

import contextvars
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from landwaiter.sandbox.aws_client import Clients
from landwaiter.sandbox.build_record import BuildRecord
from landwaiter.sandbox.build_runner import BuildRunner
from landwaiter.sandbox.internals import Inside, Need, Response, module, service
from landwaiter.sandbox.settings import Settings

NEEDS = (
    Need("services.codebuild", "_projects"),
    Need("services.codebuild", "_builds"),
    Need("services.codebuild", "_create_project", ("data",)),
    Need("services.codebuild", "_update_project", ("data",)),
    Need("services.codebuild", "_project_shape", ("project",)),
    Need("services.codebuild", "_make_build_record", ("project", "build_id", "source_version")),
    Need("services.codebuild", "_build_id", ("project_name",)),
    Need("services.codebuild", "_start_build", ("data",)),
    Need("services.codebuild", "_stop_build", ("data",)),
    Need("core.responses", "json_response", ("data",)),
    Need("core.responses", "error_response_json", ("code", "message", "status")),
)

_log = logging.getLogger(__name__)

# Members of a project that the emulator drops; -1 as the limit takes it away.
KEPT = ("vpcConfig", "logsConfig", "concurrentBuildLimit", "queuedTimeoutInMinutes", "cache", "autoRetryLimit")
_TOKEN_SECONDS = 300
"""CodeBuild knows an idempotency token for five minutes (API reference, StartBuild)."""


def install(settings: Settings) -> None:
    """Make projects keep their settings and builds run."""
    codebuild = service("codebuild")
    builds = Builds(codebuild, settings)
    shape = codebuild.project_shape
    codebuild.project_shape = lambda project: shape(project) | {name: project[name] for name in KEPT if name in project}
    codebuild.create_project = _keeping(codebuild, codebuild.create_project)
    codebuild.update_project = _keeping(codebuild, codebuild.update_project)
    codebuild.start_build = builds.start
    codebuild.stop_build = builds.stop


def keep(project: dict[str, Any], given: dict[str, Any]) -> None:
    """Store the members of a request in a project's record."""
    for name in KEPT:
        if name in given:
            project[name] = given[name]
    if project.get("concurrentBuildLimit") == -1:
        del project["concurrentBuildLimit"]
    if project.get("vpcConfig") == {}:
        del project["vpcConfig"]


def _keeping(codebuild: Inside, original: Callable[..., Response]) -> Callable[..., Response]:
    def change(data: dict[str, Any]) -> Response:
        response = original(data)
        project = codebuild.projects.get(data.get("name", ""))
        if response[0] != 200 or project is None:
            return response
        keep(project, data)
        answer: Response = module("core.responses").json_response({"project": codebuild.project_shape(project)})
        return answer

    return change


class Builds:
    """The builds of one stand-in."""

    def __init__(self, codebuild: Inside, settings: Settings) -> None:
        self._codebuild = codebuild
        self._settings = settings
        self._clients = Clients(settings)
        self._slots = threading.Semaphore(settings.concurrent_builds)
        self._runners: dict[str, BuildRunner] = {}
        self._tokens: dict[tuple[str, str], tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._responses = module("core.responses")

    def start(self, data: dict[str, Any]) -> Response:
        """StartBuild."""
        name = data.get("projectName", "")
        project = self._codebuild.projects.get(name)
        if project is None:
            return self._refused("ResourceNotFoundException", f"Project cannot be found: {name}")
        with self._lock:
            repeated = self._repeated(data)
            if repeated is not None:
                return self._answered(repeated)
            limit = project.get("concurrentBuildLimit")
            running = [build for build in self._codebuild.builds.values() if _runs(build, name)]
            if limit and len(running) >= int(limit):
                # The words of CodeBuild; the error code is the one it uses for the account's limit as well.
                text = f"Project-level concurrent build limit exceeded: cannot have more than {limit} active builds"
                return self._refused("AccountLimitExceededException", text)
            build_id = self._codebuild.build_id(name)
            value = self._codebuild.make_build_record(project, build_id, data.get("sourceVersion"))
            record = BuildRecord(value, project, data)
            self._codebuild.builds[build_id] = record.value
            if data.get("idempotencyToken"):
                self._tokens[name, data["idempotencyToken"]] = (time.monotonic(), build_id)
        runner = self._runners[build_id] = BuildRunner(record, self._settings, self._clients)
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run, runner, build_id), daemon=True).start()
        return self._answered(record.value)

    def _repeated(self, data: dict[str, Any]) -> dict[str, Any] | None:
        """The build that an earlier call with the same idempotency token started, as long as CodeBuild knows it."""
        started, build_id = self._tokens.get((data["projectName"], data.get("idempotencyToken", "")), (0.0, ""))
        found: dict[str, Any] | None = self._codebuild.builds.get(build_id)
        return found if found is not None and time.monotonic() - started < _TOKEN_SECONDS else None

    def _run(self, runner: BuildRunner, build_id: str) -> None:
        with self._slots:
            try:
                runner.run()
            except Exception:  # noqa: BLE001 - logged; see below
                # Whatever goes wrong in here, a build must not look as if it ran for ever.
                _log.exception("Build %s broke down", build_id)
                runner.record.finish("FAULT")
        self._runners.pop(build_id, None)

    def stop(self, data: dict[str, Any]) -> Response:
        """StopBuild. The build's status becomes STOPPED when its commands have been killed."""
        build = self._codebuild.builds.get(data.get("id", ""))
        if build is None:
            return self._refused("ResourceNotFoundException", f"Build cannot be found: {data.get('id', '')}")
        runner = self._runners.get(build["id"])
        if runner is not None:
            runner.stop()
        return self._answered(build)

    def _answered(self, build: dict[str, Any]) -> Response:
        answer: Response = self._responses.json_response({"build": dict(build)})
        return answer

    def _refused(self, code: str, message: str) -> Response:
        answer: Response = self._responses.error_response_json(code, message, 400)
        return answer


def _runs(build: dict[str, Any], project: str) -> bool:
    return bool(build["projectName"] == project and build["buildStatus"] == "IN_PROGRESS")
