"""A build's record: what StartBuild makes of the project and its overrides, and how its phases went.

Source: AWS CodeBuild API Reference, data types Build, BuildPhase and PhaseContext. Times are seconds since the epoch
with milliseconds, as CodeBuild gives them.
"""

import copy
import threading
import time
from typing import Any

from landwaiter.sandbox.build_environment import merged


class BuildRecord:
    """The record of one build, changed in place, so that whoever asks sees the build as it is."""

    def __init__(self, value: dict[str, Any], project: dict[str, Any], request: dict[str, Any]) -> None:
        """Turn the emulator's finished build `value` into one that has just been submitted."""
        self.value = value
        self._lock = threading.Lock()
        environment = copy.deepcopy(project.get("environment", {}))
        overrides = request.get("environmentVariablesOverride", [])
        environment["environmentVariables"] = merged(environment.get("environmentVariables", []), overrides)
        for field in ("type", "image", "computeType"):
            environment[field] = request.get(
                f"{'environmentType' if field == 'type' else field}Override", environment.get(field)
            )
        source = copy.deepcopy(project.get("source", {}))
        for field, name in (
            ("type", "sourceTypeOverride"),
            ("location", "sourceLocationOverride"),
            ("buildspec", "buildspecOverride"),
        ):
            source[field] = request.get(name, source.get(field))
        value.update(
            startTime=_now(),
            buildStatus="IN_PROGRESS",
            buildComplete=False,
            environment={name: part for name, part in environment.items() if part is not None},
            source={name: part for name, part in source.items() if part is not None},
            timeoutInMinutes=request.get("timeoutInMinutesOverride", project.get("timeoutInMinutes", 60)),
            serviceRole=project.get("serviceRole", ""),
            phases=[],
        )
        if project.get("vpcConfig"):
            value["vpcConfig"] = copy.deepcopy(project["vpcConfig"])
        _place_logs(value, project)
        value.pop("endTime", None)
        self.phase("SUBMITTED")
        self.phase("QUEUED")

    @property
    def build_id(self) -> str:
        """The build's id, `project:uuid`."""
        return str(self.value["id"])

    @property
    def source(self) -> dict[str, Any]:
        """The project's source with the build's overrides."""
        return dict(self.value["source"])

    @property
    def variables(self) -> list[dict[str, Any]]:
        """The environment variables, unresolved."""
        return list(self.value["environment"]["environmentVariables"])

    def phase(self, name: str) -> None:
        """End the current phase as succeeded, unless it failed already, and enter another."""
        with self._lock:
            self._end_phase()
            self.value["phases"] = [*self.value["phases"], {"phaseType": name, "startTime": _now()}]
            self.value["currentPhase"] = name

    def fail_phase(self, code: str, message: str, *, status: str = "FAILED") -> None:
        """Mark the current phase as failed, with the reason."""
        with self._lock:
            phase = self.value["phases"][-1]
            phase |= {"phaseStatus": status, "contexts": [{"statusCode": code, "message": message}]}

    def finish(self, status: str) -> None:
        """Enter the last phases and close the record with the build's status."""
        if status in ("SUCCEEDED", "FAILED"):
            self.phase("FINALIZING")
        self.phase("COMPLETED")
        self.value.update(buildStatus=status, buildComplete=True, endTime=_now())

    def _end_phase(self) -> None:
        if self.value["phases"]:
            phase = self.value["phases"][-1]
            end = _now()
            phase.setdefault("phaseStatus", "SUCCEEDED")
            phase |= {"endTime": end, "durationInSeconds": round(end - phase["startTime"])}


def _place_logs(value: dict[str, Any], project: dict[str, Any]) -> None:
    """Give the build its log stream in the group that the project names."""
    configured = (project.get("logsConfig") or {}).get("cloudWatchLogs") or {}
    group = configured.get("groupName") or f"/aws/codebuild/{project['name']}"
    stream = value["id"].split(":", 1)[1]
    stream = f"{configured['streamName']}/{stream}" if configured.get("streamName") else stream
    value["logs"] = {"groupName": group, "streamName": stream, "cloudWatchLogs": configured or {"status": "ENABLED"}}


def _now() -> float:
    return round(time.time(), 3)
