"""The whole house, deployed once: AWS on this machine, a real platform process over HTTPS, the stacks, the job's zip."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from landwaiter.advisories.build import build_bundle
from landwaiter.aws import names
from landwaiter.aws.deployment.deploy import Deployment, DeployOptions
from landwaiter.platform.tasks.models import ContainerView, TaskPage, TaskView
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.demo_platform import DemoPlatform
from landwaiter.sandbox.push import Pushed
from landwaiter.sandbox.sample import SampleLayer, write_layout
from landwaiter.sandbox.sample_feeds import write_sample_feeds
from landwaiter.sandbox.sandbox import Sandbox

APK = "P:musl\nV:1.2.3-r4\nA:x86_64\no:musl\n\nP:libcrypto3\nV:3.0.7-r0\nA:x86_64\no:openssl\n"
OS = SampleLayer(
    "ADD rootfs",
    (
        ("etc/os-release", b"ID=alpine\nVERSION_ID=3.17.0\n", 0o644),
        ("lib/apk/db/installed", APK.encode(), 0o644),
    ),
)


def python_layer(name: str, version: str) -> SampleLayer:
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    return SampleLayer(
        f"RUN pip install {name}",
        ((f"usr/lib/python3.10/site-packages/{name}-{version}.dist-info/METADATA", metadata, 0o644),),
    )


@dataclass
class House:
    box: Sandbox
    platform: DemoPlatform
    folder: Path
    authority: Authority
    _count: int = 0

    def push(self, *layers: SampleLayer) -> str:
        """Push an image of these layers under a name of its own; return its reference."""
        self._count += 1
        layout = self.folder / f"image-{self._count}"
        write_layout(layout, layers)
        return self.box.push(f"oci-layout:{layout}", f"app{self._count}", "1").reference

    def push_layout(self, layout: Path) -> Pushed:
        self._count += 1
        return self.box.push(f"oci-layout:{layout}", f"app{self._count}", "1")

    def task_definition(self, *images: str, container: dict[str, Any] | None = None, **more: Any) -> str:
        self._count += 1
        containers = [
            {"name": f"c{at}", "image": image, "essential": True} | (container or {}) for at, image in enumerate(images)
        ]
        answer = self.box.client("ecs").register_task_definition(
            family=f"family{self._count}",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=containers,
            **more,
        )
        return answer["taskDefinition"]["taskDefinitionArn"]

    def launch(self, *images: str, count: int = 1, **more: Any) -> list[str]:
        return self.run(self.task_definition(*images), count=count, **more)

    def run(self, definition: str, *, count: int = 1, **more: Any) -> list[str]:
        arns: list[str] = []
        while len(arns) < count:
            answer = self.box.client("ecs").run_task(
                cluster="shop",
                taskDefinition=definition,
                count=min(10, count - len(arns)),
                **({"launchType": "FARGATE"} if "capacityProviderStrategy" not in more else {}),
                **more,
            )
            arns += [task["taskArn"] for task in answer["tasks"]]
        return arns

    def task(self, arn: str) -> TaskView | None:
        page = self.platform.get("tasks?state=all&limit=200", TaskPage)
        return next((task for task in page.tasks if task.task_arn == arn), None)

    def wait(
        self, arn: str, until: Callable[[ContainerView], object], seconds: float = 40
    ) -> tuple[ContainerView, ...]:
        """Wait until every container of the task satisfies `until`; return them."""
        deadline = time.monotonic() + seconds
        task = None
        while time.monotonic() < deadline:
            task = self.task(arn)
            if task is not None and task.containers and all(until(container) for container in task.containers):
                return task.containers
            time.sleep(0.1)
        raise AssertionError(f"{arn} did not come so far in {seconds} s: {task}")

    def closed(self, arn: str, seconds: float = 20) -> TaskView:
        """Wait until the platform takes the task for stopped; return it."""
        deadline = time.monotonic() + seconds
        while (task := self.task(arn)) is None or task.running:
            assert time.monotonic() < deadline, task
            time.sleep(0.1)
        return task

    def sweep(self) -> None:
        """Let the function sweep now."""
        answer = self.box.client("lambda").invoke(FunctionName=names.FUNCTION, Payload=b'{"landwaiter": "sweep"}')
        assert "FunctionError" not in answer, answer["Payload"].read()

    @contextlib.contextmanager
    def events_missed(self) -> Iterator[None]:
        """Let no event of a task reach the function."""
        events = self.box.client("events")
        rules = [rule["Name"] for rule in events.list_rules()["Rules"] if rule.get("EventPattern")]
        for rule in rules:
            events.disable_rule(Name=rule)
        try:
            yield
        finally:
            for rule in rules:
                events.enable_rule(Name=rule)

    def verdict(self, arn: str) -> tuple[ContainerView, ...]:
        return self.wait(arn, lambda container: container.verdict)

    def builds(self) -> list[str]:
        return list(self.box.client("codebuild").list_builds_for_project(projectName=names.PROJECT)["ids"])


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    bundle = folder / "advisories.sqlite"
    build_bundle(write_sample_feeds(folder / "feeds"), bundle)
    authority = Authority.create()
    cache = Path(__file__).resolve().parents[3] / "var" / "job"
    # AWS ends first: the platform's stop waits for the connections that a warm function keeps open.
    with DemoPlatform(folder / "platform", authority) as platform, Sandbox.start(folder / "aws", task_step=0.02) as box:
        platform.start(bundle)
        options = DeployOptions(platform.url, platform.sensor_token, root_ca=authority.pem, cache=cache, poll=0.05)
        for step in Deployment(box.client, options).steps():
            step.run()
        box.client("ecs").create_cluster(clusterName="shop")
        yield House(box, platform, folder, authority)
