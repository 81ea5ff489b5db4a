"""From RunTask to the build, through the deployed stacks, with a platform behind a private CA that only says "scan"."""

import gzip
import io
import json
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from landwaiter.aws import names
from landwaiter.aws.code import package
from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.sandbox import Sandbox

JOB_LOG = "/aws/codebuild/QualysECSFargateImageScanning"
TRIGGER_LOG = "/aws/lambda/QualysECSFargateImageScanningLambda"


class Platform(ThreadingHTTPServer):
    """Answers the sensor's calls over TLS and remembers them."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        files = authority.issue(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.calls: list[tuple[str, str, Any]] = []
        self.url = f"https://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Platform

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw)
        self.server.calls.append((self.path, self.headers["Authorization"], body))
        answer: dict[str, Any] = {}
        if self.path.endswith("/tasks"):
            container = body["task"]["containers"][0]
            image = {"container": container["name"], "image": container["image"], "digest": container["image_digest"]}
            image |= {"state": "scan", "scan_id": "scan-1", "architecture": "amd64", "reason": ""}
            answer = {"duplicate": False, "images": [image] if body["task"]["last_status"] == "RUNNING" else []}
        content = json.dumps(answer).encode()
        self.send_response(200 if answer else 204)
        self.send_header("Content-Length", str(len(content) if answer else 0))
        self.end_headers()
        if answer:
            self.wfile.write(content)


@pytest.fixture
def platform(authority: Authority, tmp_path: Path) -> Iterator[Platform]:
    server = Platform(authority, tmp_path / "certificate")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run_task(box: Sandbox, image: str, **placed: Any) -> str:
    ecs = box.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": image}],
    )
    subnet = box.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    answer = ecs.run_task(
        cluster="shop",
        taskDefinition="web",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
        **(placed or {"launchType": "FARGATE"}),
    )
    return str(answer["tasks"][0]["taskArn"])


def test_a_running_task_reaches_the_platform_and_starts_a_build(
    fresh_box: Sandbox, platform: Platform, make_deployment: Callable[..., Deployment], eventually: Callable[..., Any]
) -> None:
    box = fresh_box
    for step in make_deployment(box, platform_url=platform.url).steps():
        step.run()
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    arn = run_task(box, "registry.example.org/web:1", capacityProviderStrategy=spot)
    assert eventually(lambda: [call for call in platform.calls if call[0].endswith("/build")]), box.logs(TRIGGER_LOG)
    path, authorization, body = platform.calls[0]
    assert (path, authorization) == ("/api/v1/sensor/tasks", "Bearer lw_test")
    assert body["task"]["task_arn"] == arn
    builds = box.client("codebuild").list_builds_for_project(projectName=names.PROJECT)["ids"]
    assert len(builds) == 1
    build = box.wait_for_build(builds[0])
    told = {one["name"]: one["value"] for one in build["environment"]["environmentVariables"]}
    assert (told["LANDWAITER_SCAN_ID"], told["LANDWAITER_IMAGE"]) == ("scan-1", "registry.example.org/web:1")
    phases = {phase["phaseType"]: phase["phaseStatus"] for phase in build["phases"] if "phaseStatus" in phase}
    assert phases["PRE_BUILD"] == "SUCCEEDED", box.logs(JOB_LOG)


def test_a_platform_that_cannot_be_reached_loses_no_event(
    box: Sandbox, deployed: Deployment, eventually: Callable[..., Any]
) -> None:
    arn = run_task(box, "registry.example.org/web:1")
    url = deployed.scanning.outputs()["DeadLetterQueueUrl"]
    sqs = box.client("sqs")
    messages = eventually(lambda: sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"))
    assert messages, box.logs(TRIGGER_LOG)
    event = json.loads(messages[0]["Body"])
    assert (event["detail"]["taskArn"], event["detail"]["lastStatus"]) == (arn, "RUNNING")


def test_a_build_runs_nothing_but_what_the_sums_vouch_for(
    fresh_box: Sandbox, make_deployment: Callable[..., Deployment], cache: Path
) -> None:
    box = fresh_box
    for step in make_deployment(box).steps():
        step.run()
    artifact = package.job_zip(cache)
    buffer = io.BytesIO(artifact.content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("sitecustomize.py", "print('intruder')\n")
    bucket = "landwaiter-artifacts-123456789012-us-east-1"
    box.client("s3").put_object(Bucket=bucket, Key=artifact.key, Body=buffer.getvalue())
    build = box.client("codebuild").start_build(projectName=names.PROJECT)["build"]["id"]
    ended = box.wait_for_build(build)
    assert ended["buildStatus"] == "FAILED"
    failed = [phase["phaseType"] for phase in ended["phases"] if phase.get("phaseStatus") == "FAILED"]
    assert failed == ["PRE_BUILD"]
    assert "intruder" not in box.logs(JOB_LOG)


def test_the_job_starts_from_its_zip_alone(box: Sandbox, deployed: Deployment) -> None:
    build = box.client("codebuild").start_build(projectName=names.PROJECT)["build"]["id"]
    ended = box.wait_for_build(build)
    log = "\n".join(box.logs(JOB_LOG))
    assert ended["buildStatus"] == "FAILED"
    assert "LANDWAITER_SCAN_ID is not set" in log
    assert "Traceback" not in log
