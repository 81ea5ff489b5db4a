"""Services, schedules, sidecars, digests, other processors and private registries, all the way to the verdict."""

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from landwaiter.platform.scans.models import Journey
from landwaiter.sandbox.sample import write_layout

from .conftest import OS, House, python_layer

OS_FILES = {path: content for path, content, _ in OS.files}


def scan_of(house: House, scan_id: str) -> Any:
    return house.platform.find("scans", scan_id, Journey).scan


def test_the_tasks_of_a_service_are_known_by_its_name(house: House):
    ecs = house.box.client("ecs")
    definition = house.task_definition(house.push(OS, python_layer("svc", "1")))
    ecs.create_service(
        cluster="shop", serviceName="web", taskDefinition=definition, desiredCount=1, launchType="FARGATE"
    )
    try:
        arns: list[str] = []
        deadline = time.monotonic() + 20
        while not arns and time.monotonic() < deadline:
            arns = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
            time.sleep(0.1)
        (container,) = house.verdict(arns[0])
        task = house.task(arns[0])
        assert (task.group, task.cluster, task.task_definition_arn) == ("service:web", "shop", definition)
        assert container.verdict
    finally:
        ecs.update_service(cluster="shop", service="web", desiredCount=0)
        ecs.delete_service(cluster="shop", service="web", force=True)


def test_a_scheduled_task_and_a_one_off_are_examined(house: House):
    image = house.push(OS, python_layer("job", "1"))
    definition = house.task_definition(image)
    for started_by in ("events-rule/nightly", "chronos-schedule/nightly", ""):
        (arn,) = house.run(definition, startedBy=started_by)
        assert house.verdict(arn)[0].verdict
        assert house.task(arn).group.startswith("family:")


def test_a_sidecar_of_another_image_is_examined_beside_it(house: House):
    (arn,) = house.launch(house.push(OS, python_layer("main", "1")), house.push(OS, python_layer("envoy", "1")))
    containers = house.verdict(arn)
    assert [container.name for container in containers] == ["c0", "c1"]
    assert len({container.digest for container in containers}) == 2


def test_an_image_named_by_digest(house: House):
    layout = house.folder / "by-digest"
    write_layout(layout, (OS, python_layer("pinned", "1")))
    pushed = house.push_layout(layout)
    (arn,) = house.launch(f"{pushed.reference.rpartition(':')[0]}@{pushed.digest}")
    assert house.verdict(arn)[0].digest == pushed.digest


def test_a_task_on_arm_is_examined_by_its_own_image_on_this_machine(house: House, image_builder: Any):
    images = {one: image_builder.image(OS_FILES, {"srv/arch": one}, architecture=one) for one in ("amd64", "arm64")}
    layout = image_builder.write_layout(house.folder / "multi", images, index=True)
    reference = house.push_layout(layout).reference
    platform = {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    (arn,) = house.run(house.task_definition(reference, runtimePlatform=platform))
    (container,) = house.verdict(arn)
    assert container.platform == "linux/arm64"
    assert scan_of(house, container.scan_id).platform == "linux/arm64"
    assert container.digest == image_builder.blobs(images["arm64"])[0]["digest"]


def test_a_task_keeps_the_revision_that_it_was_started_with(house: House):
    image = house.push(OS, python_layer("rev", "1"))
    first = house.task_definition(image)
    (arn,) = house.run(first)
    family = first.rsplit("/", 1)[1].rsplit(":", 1)[0]
    house.box.client("ecs").register_task_definition(
        family=family, containerDefinitions=[{"name": "c0", "image": "elsewhere.example/other:1"}]
    )
    house.verdict(arn)
    house.sweep()
    task = house.task(arn)
    assert task.task_definition_arn == first
    assert [container.image for container in task.containers] == [image]


class PrivateRegistry(ThreadingHTTPServer):
    """Serves one layout as `app:1` over TLS, to whoever knows the password."""

    daemon_threads = True
    LOGIN = "deploy:open sesame"

    def __init__(self, house: House, layout: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        files = house.authority.issue(house.folder / "registry")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        blobs = {f"sha256:{file.name}": file.read_bytes() for file in (layout / "blobs/sha256").iterdir()}
        self.files = {f"/v2/app/{kind}/{name}": data for kind in ("blobs", "manifests") for name, data in blobs.items()}
        top = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
        self.files["/v2/app/manifests/1"] = blobs[top]
        self.image = f"127.0.0.1:{self.server_port}/app:1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PrivateRegistry

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == "Basic " + base64.b64encode(self.server.LOGIN.encode()).decode()
        content = self.server.files.get(self.path) if known else None
        self.send_response(401 if not known else 404 if content is None else 200)
        if not known:
            self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        """Tests read their own output."""


@pytest.fixture
def private(house: House) -> Iterator[PrivateRegistry]:
    layout = house.folder / "private"
    write_layout(layout, (OS, python_layer("private", "1")))
    server = PrivateRegistry(house, layout)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_private_registry_is_entered_with_the_secret_of_the_task_definition(house: House, private: PrivateRegistry):
    (without,) = house.launch(private.image)
    (container,) = house.wait(without, lambda other: other.assessment == "failed")
    assert container.verdict is None
    user, password = private.LOGIN.split(":")
    secret = house.box.client("secretsmanager").create_secret(
        Name="registry-of-ours", SecretString=json.dumps({"username": user, "password": password})
    )["ARN"]
    credentials = {"repositoryCredentials": {"credentialsParameter": secret}}
    (arn,) = house.run(house.task_definition(private.image, container=credentials))
    (container,) = house.verdict(arn)
    assert container.verdict
    assert password not in "\n".join(house.box.logs("/aws/codebuild/QualysECSFargateImageScanning"))
