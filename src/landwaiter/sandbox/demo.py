"""The demo: everything on this machine, one task launched, its way shown until the verdict; then a second task.

Nothing on the way is a mock but AWS itself, which the sandbox stands in for.
"""

import contextlib
import fcntl
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console

from landwaiter.advisories.build import build_bundle
from landwaiter.aws import names
from landwaiter.aws.deployment.deploy import Deployment, DeployOptions
from landwaiter.errors import InputError
from landwaiter.images.open import is_registry_reference
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.demo_platform import USER, DemoPlatform
from landwaiter.sandbox.demo_result import show_result
from landwaiter.sandbox.demo_watch import Watch
from landwaiter.sandbox.push import check_image
from landwaiter.sandbox.sample import build_sample
from landwaiter.sandbox.sample_feeds import write_sample_feeds
from landwaiter.sandbox.sandbox import Sandbox
from landwaiter.sandbox.timeline import Timeline

_CLUSTER, _FAMILY = "shop", "storefront"


def run_demo(folder: Path, *, image: str | None, feeds: Path | None, keep: bool) -> None:
    """Run the demo below `folder`, which is emptied first. Raises LandwaiterError when a step fails."""
    console = Console(highlight=False)
    console.print("[bold]Landwaiter demo[/]: a task on Fargate, from RUNNING to its verdict, on this machine\n")
    if feeds is not None and not feeds.is_dir():
        raise InputError(f"There is no folder of feeds at {feeds}.", "Name it with FEEDS=<folder>.")
    if image is not None and not is_registry_reference(image):
        check_image(image)
    authority = Authority.create("Landwaiter Demo Root CA")
    timeline = Timeline(console)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_alone(folder))
        _stop_on_terminate(stack)
        box, platform, target = _start(stack, folder, authority, image=image, feeds=feeds, timeline=timeline)
        _deploy(box, platform, authority, folder, timeline)
        reference = _image_in_registry(box, target, timeline)
        task_definition = _register(box, reference)
        _first_task(box, platform, task_definition, console, timeline)
        _second_task(box, platform, task_definition, console, timeline)
        console.print(f"\nconsole: {platform.url}  (user {USER}, password {platform.password})", soft_wrap=True)
        if keep:
            console.print("the platform stays up; Ctrl-C stops everything")
            _wait()
    console.print("everything that was started has been stopped")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Empty the folder for this demo, and keep another demo out of it meanwhile."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"Another demo runs in {folder}.", "Wait for it, or name another --folder.") from error
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield
        shutil.rmtree(folder, ignore_errors=True)


def _start(
    stack: contextlib.ExitStack,
    folder: Path,
    authority: Authority,
    *,
    image: str | None,
    feeds: Path | None,
    timeline: Timeline,
) -> tuple[Sandbox, DemoPlatform, str]:
    """Start AWS and the platform side by side, and make image and bundle meanwhile."""
    sample_folder = folder.parent / "sample"
    with ThreadPoolExecutor(4) as pool:
        sample = pool.submit(lambda: image or f"oci-layout:{build_sample(sample_folder, timeline.note)}")
        bundle = pool.submit(_bundle, folder, feeds)
        box = pool.submit(Sandbox.start, folder / "aws", task_step=0.1)
        platform = DemoPlatform(folder / "platform", authority)
        stack.callback(platform.stop)
        running = pool.submit(lambda: platform.start(bundle.result()))
        stack.callback(lambda: box.result().stop() if not box.exception() else None)
        timeline.note("AWS stand-in", box.result().endpoint)
        timeline.note("advisory bundle", str(bundle.result().name))
        running.result()
        timeline.note("platform", f"{platform.url}, certificate of a private root CA, embedded PostgreSQL")
        return box.result(), platform, sample.result()


def _bundle(folder: Path, feeds: Path | None) -> Path:
    out = folder / "advisories.sqlite"
    build_bundle(feeds or write_sample_feeds(folder / "feeds"), out)
    return out


def _deploy(box: Sandbox, platform: DemoPlatform, authority: Authority, folder: Path, timeline: Timeline) -> None:
    options = DeployOptions(
        platform_url=platform.url,
        platform_token=platform.sensor_token,
        admin_token=platform.admin_token,
        root_ca=authority.pem,
        cache=folder.parent / "job",
        poll=0.1,
    )
    for step in Deployment(box.client, options).steps():
        started = time.monotonic()
        detail = step.run()
        timeline.note(step.name, detail, took=round((time.monotonic() - started) * 1000))


def _image_in_registry(box: Sandbox, target: str, timeline: Timeline) -> str:
    """Push an archive or layout; a registry reference stays where it is."""
    if is_registry_reference(target):
        return target
    pushed = box.push(target, _FAMILY, "1.0")
    timeline.note("image pushed", f"{pushed.reference} {pushed.digest}")
    return pushed.reference


def _register(box: Sandbox, reference: str) -> str:
    box.client("ecs").create_cluster(clusterName=_CLUSTER)
    answer = box.client("ecs").register_task_definition(
        family=_FAMILY,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {
                "name": "web",
                "image": reference,
                "essential": True,
                "environment": [{"name": "SESSION_SECRET", "value": "not-so-secret-any-more"}],
            }
        ],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def _launch(box: Sandbox, task_definition: str) -> str:
    subnet = box.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    answer = box.client("ecs").run_task(
        cluster=_CLUSTER,
        taskDefinition=task_definition,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet], "assignPublicIp": "DISABLED"}},
    )
    return str(answer["tasks"][0]["taskArn"])


def _first_task(
    box: Sandbox, platform: DemoPlatform, task_definition: str, console: Console, timeline: Timeline
) -> None:
    console.print("\n[bold]A task is launched on Fargate[/]")
    timeline.restart()
    watch = Watch(box, platform, timeline, _launch(box, task_definition))
    container = watch.until_verdict()
    show_result(console, platform, container)


def _second_task(
    box: Sandbox, platform: DemoPlatform, task_definition: str, console: Console, timeline: Timeline
) -> None:
    console.print("\n[bold]A second task of the same image[/]")
    before = _builds(box)
    timeline.restart()
    Watch(box, platform, timeline, _launch(box, task_definition)).until_verdict()
    started = len(_builds(box)) - len(before)
    timeline.note("builds", "none ran: the digest is known" if not started else f"{started} ran", good=not started)
    if started:
        raise InputError("The second task of the same image started a build.", "See the log of the Lambda function.")


def _builds(box: Sandbox) -> list[str]:
    answer: dict[str, Any] = box.client("codebuild").list_builds_for_project(projectName=names.PROJECT)
    return list(answer["ids"])


@contextlib.contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop_on_terminate(stack: contextlib.ExitStack) -> None:
    """Let SIGTERM stop the demo as Ctrl-C does, so that nothing it started stays behind."""
    stack.enter_context(_terminate_as_interrupt())


def _wait() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
