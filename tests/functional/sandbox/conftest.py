"""A running sandbox for the tests of this folder, and the small things they make in it."""

import gzip
import hashlib
import io
import json
import tarfile
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landwaiter.sandbox.sandbox import Sandbox

ROLE = "arn:aws:iam::123456789012:role/anything"


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("sandbox"), task_step=0.02, retry_delay=0.05) as started:
        yield started


@pytest.fixture
def unique() -> str:
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="session")
def zipped() -> Callable[[dict[str, str]], bytes]:
    def make(files: dict[str, str]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return buffer.getvalue()

    return make


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Call until the result is true or time is up; the last result."""

    def wait(look: Callable[[], Any], seconds: float = 20.0) -> Any:
        deadline = time.monotonic() + seconds
        result = look()
        while not result and time.monotonic() < deadline:
            time.sleep(0.05)
            result = look()
        return result

    return wait


@pytest.fixture
def make_function(box: Sandbox, unique: str, zipped: Callable[[dict[str, str]], bytes]) -> Callable[..., str]:
    """Create a Lambda function from the text of its module; its ARN."""

    def make(code: str, **more: Any) -> str:
        functions = box.client("lambda")
        settings = {"Runtime": "python3.13", "Handler": "h.handle", "Role": ROLE, "Timeout": 10, **more}
        answer = functions.create_function(FunctionName=unique, Code={"ZipFile": zipped({"h.py": code})}, **settings)
        functions.get_waiter("function_active_v2").wait(FunctionName=unique, WaiterConfig={"Delay": 0.1})
        return str(answer["FunctionArn"])

    return make


@pytest.fixture
def make_queue(box: Sandbox) -> Callable[[str], tuple[str, str]]:
    """Create an SQS queue; its URL and ARN."""

    def make(name: str) -> tuple[str, str]:
        sqs = box.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    return make


@pytest.fixture
def receive(box: Sandbox) -> Callable[[str], list[dict[str, Any]]]:
    """Take all messages out of a queue."""

    def take(url: str) -> list[dict[str, Any]]:
        sqs, taken = box.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
            "Messages"
        ):
            taken += messages
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    return take


@pytest.fixture(scope="session")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An OCI image layout with one small gzip layer."""
    folder = tmp_path_factory.mktemp("layout")
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(content: bytes, media_type: str) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        text = b"ID=alpine\nVERSION_ID=3.20\n"
        member = tarfile.TarInfo("etc/os-release")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    tar = buffer.getvalue()
    layer = put(gzip.compress(tar, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip")
    config = {
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}"]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
        "layers": [layer],
    }
    described = put(json.dumps(manifest).encode(), manifest["mediaType"])
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described]}))
    return folder
