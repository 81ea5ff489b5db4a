"""Watching one task: AWS is asked what it does, the platform what it knows, and each new fact is shown."""

import time

from landwaiter.aws import names
from landwaiter.errors import InputError, UnreachableError
from landwaiter.platform.scans.models import Journey
from landwaiter.platform.tasks.models import ContainerView, TaskPage
from landwaiter.sandbox.demo_platform import DemoPlatform
from landwaiter.sandbox.sandbox import Sandbox
from landwaiter.sandbox.timeline import Timeline

PATIENCE_SECONDS = 120
_PAUSE = 0.1


class Watch:
    """One task on its way."""

    def __init__(self, box: Sandbox, platform: DemoPlatform, timeline: Timeline, task_arn: str) -> None:
        self._box, self._platform, self._timeline = box, platform, timeline
        self._task_arn = task_arn
        self._leased = False

    def until_verdict(self) -> ContainerView:
        """Show what happens until the task's image has a verdict; return its container. Raises when the scan fails."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self._ask_aws()
            container = self._container()
            if container:
                self._show(container)
                if container.assessment == "failed":
                    raise InputError(f"The scan failed: {container.reason}", "The log of the build says more.")
                if container.verdict:
                    return container
            time.sleep(_PAUSE)
        raise UnreachableError(
            f"No verdict after {PATIENCE_SECONDS} s.", "See the logs below var/demo/aws/logs and the platform's log."
        )

    def _ask_aws(self) -> None:
        cluster = self._task_arn.split("/")[1]
        tasks = self._box.client("ecs").describe_tasks(cluster=cluster, tasks=[self._task_arn])["tasks"]
        if tasks and tasks[0]["lastStatus"] == "RUNNING":
            self._timeline.note("task RUNNING", self._task_arn.rpartition("/")[2])
        for line in self._box.logs(f"/aws/lambda/{names.FUNCTION}"):
            if self._task_arn in line and " RUNNING " in line:
                self._timeline.note("event, trigger, answer", line.split(": ", 1)[-1].strip())
        ids = self._box.client("codebuild").list_builds_for_project(projectName=names.PROJECT)["ids"]
        for build in self._box.client("codebuild").batch_get_builds(ids=ids[:1])["builds"] if ids else ():
            if build["buildStatus"] == "IN_PROGRESS":
                self._timeline.note("build", build["id"])

    def _container(self) -> ContainerView | None:
        page = self._platform.get("tasks?state=all", TaskPage)
        for task in page.tasks:
            if task.task_arn == self._task_arn and task.containers:
                return task.containers[0]
        return None

    def _show(self, container: ContainerView) -> None:
        if container.scan_id and not container.verdict:
            self._leased = True
            self._timeline.note("platform's answer", "please scan: the lease is given", key=container.scan_id)
        elif container.verdict and not self._leased:
            self._timeline.note("platform's answer", "known: this digest is assessed already")
        if container.scan_id:
            self._show_journey(container.scan_id)
        if container.verdict:
            reason = container.verdict_reasons[0] if container.verdict_reasons else ""
            self._timeline.note("VERDICT", f"{container.verdict.replace('_', ' ')}: {reason}", good=False)

    def _show_journey(self, scan_id: str) -> None:
        journey = self._platform.find("scans", scan_id, Journey)
        if journey is None or journey.scan.task_arn != self._task_arn:
            return
        for step in journey.steps:
            self._timeline.note(
                step.step, step.detail, key=f"{scan_id}{step.step}", took=step.milliseconds, good=step.ok
            )
