"""The function as Lambda calls it: AWS is the sandbox, the platform a real HTTPS server that answers as it is told."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landwaiter.events.parse import NotATaskEventError
from landwaiter.sandbox.sandbox import Sandbox
from landwaiter.trigger import aws, handler
from landwaiter.trigger.builds import BuildNotStartedError
from landwaiter.trigger.handler import SweepError
from landwaiter.trigger.platform_client import PlatformError

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:registry-credentials"
IMAGE = "registry.example/web:1"
SCAN = {"container": "web", "image": IMAGE, "digest": "", "state": "scan", "scan_id": "s1", "architecture": "arm64"}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("aws"), task_step=0.01) as started:
        started.client("secretsmanager").create_secret(Name="token", SecretString="lw_s_first")
        environment = {"type": "LINUX_CONTAINER", "image": "any", "computeType": "BUILD_GENERAL1_SMALL"}
        started.client("codebuild").create_project(
            name="scanner",
            source={"type": "NO_SOURCE", "buildspec": "version: 0.2\nphases:\n  build:\n    commands:\n      - true\n"},
            artifacts={"type": "NO_ARTIFACTS"},
            environment=environment,
            serviceRole="arn:aws:iam::123456789012:role/any",
        )
        yield started


@pytest.fixture
def function(box: Sandbox, platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`handle`, in the environment that the stack gives it."""
    given = {
        "LANDWAITER_PLATFORM_URL": platform.url,
        "LANDWAITER_TOKEN_SECRET": "token",
        "LANDWAITER_PROJECT": "scanner",
    }
    given |= {"QualysPodCustomRootCertPath": str(platform.root_ca), "AWS_CONFIG_FILE": str(tmp_path / "none")}
    for name, value in (given | dict(box.environ())).items():
        monkeypatch.setenv(name, value)
    aws.client.cache_clear()
    handler._WARM.clear()
    yield handler.handle
    aws.client.cache_clear()
    handler._WARM.clear()


@pytest.fixture
def definition(box: Sandbox, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Registers a revision and returns its ARN."""

    def register(*containers: dict[str, Any], **more: Any) -> str:
        answer = box.client("ecs").register_task_definition(
            family=request.node.name.replace("[", "-").replace("]", "")[:60],
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=containers or [{"name": "web", "image": IMAGE}],
            **more,
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    return register


@pytest.fixture
def event(task: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def make(**detail: Any) -> dict[str, Any]:
        return {"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": "e1", "detail": task(**detail)}

    return make


def builds(box: Sandbox) -> dict[str, dict[str, str]]:
    """The variables of all builds, by scan id."""
    client = box.client("codebuild")
    ids = client.list_builds_for_project(projectName="scanner")["ids"]
    found = client.batch_get_builds(ids=ids)["builds"] if ids else []
    told = [{one["name"]: one["value"] for one in build["environment"]["environmentVariables"]} for build in found]
    return {one["LANDWAITER_SCAN_ID"]: one for one in told}


def test_a_running_task_is_reported_with_its_revision_and_what_is_leased_is_built(
    box, platform, function, event, definition
):
    web = {"name": "web", "image": IMAGE, "repositoryCredentials": {"credentialsParameter": SECRET}}
    sidecar = {"name": "proxy", "image": "envoy:2"}
    older = definition(web, sidecar, runtimePlatform={"cpuArchitecture": "ARM64"}, tags=[{"key": "team", "value": "a"}])
    definition({"name": "web", "image": "registry.example/web:2"})
    known = SCAN | {"container": "proxy", "image": "envoy:2", "state": "known", "scan_id": ""}
    platform.script.append((200, {"duplicate": False, "images": [SCAN, known]}))
    answer = function(event(taskDefinitionArn=older, group="service:web", startedBy="ecs-svc/1"))
    assert answer["builds"] == 1
    report, build = platform.calls
    assert report.path == "/api/v1/sensor/tasks"
    assert report.headers["authorization"] == "Bearer lw_s_first"
    assert (report.body["task"]["group"], report.body["task"]["started_by"]) == ("service:web", "ecs-svc/1")
    assert report.body["task"]["architecture"] == "arm64"
    told = report.body["task_definition"]
    assert (told["taskDefinitionArn"], told["tags"]) == (older, [{"key": "team", "value": "a"}])
    assert [container["image"] for container in told["containerDefinitions"]] == [IMAGE, "envoy:2"]
    assert build.path == "/api/v1/sensor/scans/s1/build"
    variables = builds(box)["s1"]
    assert variables["LANDWAITER_IMAGE_PLATFORM"] == "linux/arm64"
    assert variables["LANDWAITER_REGISTRY_SECRET"] == SECRET


def test_an_event_that_comes_twice_starts_one_build(box, platform, function, event, definition):
    arn = definition()
    for _ in range(2):
        platform.script.append((200, {"duplicate": False, "images": [SCAN | {"scan_id": "twice"}]}))
        platform.script.append((204, b""))
        function(event(taskDefinitionArn=arn))
    named = {call.body["build_id"] for call in platform.calls if call.path.endswith("/twice/build")}
    assert len(named) == 1


def test_a_stopped_task_is_reported_without_its_definition(platform, function, event):
    platform.script.append((200, {"duplicate": False, "images": []}))
    attributes = [{"name": "ecs.cpu-architecture", "value": "x86_64"}]
    assert function(event(lastStatus="STOPPED", version=6, attributes=attributes))["builds"] == 0
    (call,) = platform.calls
    assert call.body["task_definition"] is None
    assert call.body["task"]["architecture"] == "amd64"


def test_a_stopped_task_keeps_the_architecture_of_its_definition(platform, function, event, definition):
    arn = definition(runtimePlatform={"cpuArchitecture": "ARM64"})
    platform.script.append((200, {"duplicate": False, "images": []}))
    function(event(lastStatus="STOPPED", taskDefinitionArn=arn))
    assert (platform.calls[0].body["task"]["architecture"], platform.calls[0].body["task_definition"]) == (
        "arm64",
        None,
    )


@pytest.mark.parametrize("placed", [{"launchType": "EC2"}, {"launchType": "EXTERNAL"}, {"launchType": None}])
def test_a_task_elsewhere_is_ignored(platform, function, event, placed):
    assert "does not run on Fargate" in function(event(**placed))["ignored"]
    assert not platform.calls


def test_what_is_no_event_raises(platform, function):
    with pytest.raises(NotATaskEventError):
        function({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": {}})


@pytest.mark.parametrize("answer", [{}, {"images": None}, {"images": ["web"]}])
def test_an_answer_of_somebody_else_keeps_the_event(platform, function, event, answer):
    platform.script.append((200, answer))
    with pytest.raises(PlatformError, match="no list of images"):
        function(event())


def test_a_build_that_is_refused_keeps_the_event(platform, function, event, monkeypatch):
    monkeypatch.setenv("LANDWAITER_PROJECT", "no-such-project")
    platform.script.append((200, {"duplicate": False, "images": [SCAN]}))
    with pytest.raises(BuildNotStartedError, match="no-such-project"):
        function(event())
    assert platform.calls[-1].body["build_id"] == ""


def test_a_rotated_token_is_read_again_after_a_refusal(box, platform, function, event):
    secrets = box.client("secretsmanager")
    platform.script.append((200, {"images": []}))
    function(event())
    secrets.put_secret_value(SecretId="token", SecretString="lw_s_second")
    try:
        platform.script.append((401, {"error": {"what": "The token is not known."}}))
        with pytest.raises(PlatformError, match="not known"):
            function(event())
        platform.script.append((200, {"images": []}))
        function(event())
    finally:
        secrets.put_secret_value(SecretId="token", SecretString="lw_s_first")
    sent = [call.headers["authorization"] for call in platform.calls]
    assert sent == ["Bearer lw_s_first", "Bearer lw_s_first", "Bearer lw_s_second"]


def test_a_token_that_cannot_be_read_keeps_the_event(function, event, monkeypatch):
    monkeypatch.setenv("LANDWAITER_TOKEN_SECRET", "no-such-secret")
    with pytest.raises(PlatformError, match="no-such-secret"):
        function(event())


@pytest.fixture
def cluster(box: Sandbox, definition) -> Iterator[str]:
    """A cluster with three tasks of one revision that run on Fargate Spot."""
    ecs = box.client("ecs")
    arn = str(ecs.create_cluster(clusterName="shop")["cluster"]["clusterArn"])
    spot = [{"capacityProvider": "FARGATE_SPOT"}]
    family = definition(runtimePlatform={"cpuArchitecture": "X86_64"})
    started = ecs.run_task(
        cluster="shop",
        taskDefinition=family,
        count=3,
        capacityProviderStrategy=spot,
        startedBy="nightly",
        tags=[{"key": "team", "value": "web"}],
    )["tasks"]
    arns = [task["taskArn"] for task in started]
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        tasks = ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
        if all(task["lastStatus"] == "RUNNING" for task in tasks):
            break
        time.sleep(0.05)
    yield arn
    for task in arns:
        ecs.stop_task(cluster="shop", task=task)
    ecs.delete_cluster(cluster="shop")


def test_a_sweep_tells_all_that_runs_and_each_definition_once(box, platform, function, cluster):
    platform.script.append((200, {"images": [SCAN | {"scan_id": "swept"}], "closed": 2}))
    before = time.time()
    answer = function({"detail-type": "Scheduled Event", "source": "aws.events"})
    assert answer == {"tasks": 3, "closed": 2, "builds": 1}
    sweep = platform.calls[0].body
    assert (sweep["account"], sweep["region"], sweep["clusters"]) == ("123456789012", "us-east-1", [cluster])
    assert handler.datetime.fromisoformat(sweep["taken_at"]).timestamp() == pytest.approx(before, abs=30)
    tasks = [report["task"] for report in sweep["tasks"]]
    assert {task["launch_type"] for task in tasks} == {"FARGATE_SPOT"}
    assert {(task["started_by"], task["tags"]["team"], task["source"]) for task in tasks} == {
        ("nightly", "web", "sweep")
    }
    assert {task["architecture"] for task in tasks} == {"amd64"}
    assert sum(report["task_definition"] is not None for report in sweep["tasks"]) == 1
    assert "swept" in builds(box)


def test_a_cluster_without_tasks_is_told_too_so_that_what_stopped_is_closed(box, platform, function):
    box.client("ecs").create_cluster(clusterName="empty")
    try:
        platform.script.append((200, {"images": [], "closed": 1}))
        assert function({"landwaiter": "sweep"})["closed"] == 1
        assert platform.calls[0].body["tasks"] == []
    finally:
        box.client("ecs").delete_cluster(cluster="empty")


def test_a_build_that_is_refused_keeps_no_other_cluster_from_being_swept(box, platform, function, cluster, monkeypatch):
    monkeypatch.setenv("LANDWAITER_PROJECT", "no-such-project")
    box.client("ecs").create_cluster(clusterName="zoo")
    try:
        platform.script.append((200, {"images": [SCAN], "closed": 0}))
        platform.script.append((204, b""))
        platform.script.append((200, {"images": [], "closed": 0}))
        with pytest.raises(SweepError, match="no-such-project"):
            function({"landwaiter": "sweep"})
    finally:
        box.client("ecs").delete_cluster(cluster="zoo")
    assert [call.path.rpartition("/")[2] for call in platform.calls] == ["sweep", "build", "sweep"]


def test_the_handshake_proves_that_the_platform_takes_our_token(platform, function):
    platform.script.append((200, {"images": [], "closed": 0}))
    assert function({"landwaiter": "handshake"}) == {"platform": platform.url, "trusted": True}
    platform.script.append((403, {"error": {"what": "10.0.0.7 is not in the allow list."}}))
    with pytest.raises(PlatformError, match="allow list"):
        function({"landwaiter": "handshake"})
