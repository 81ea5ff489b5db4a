"""Builds for what the platform leases, with botocore's own answers and refusals, and a platform over HTTPS."""

import boto3
import pytest
from botocore.stub import ANY, Stubber

from landwaiter.trigger.builds import BuildNotStartedError, start_builds
from landwaiter.trigger.platform_client import ATTEMPTS, PlatformError

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry"
LIMIT = "AccountLimitExceededException"


@pytest.fixture
def codebuild():
    client = boto3.client(
        "codebuild", region_name="eu-central-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    with Stubber(client) as stub:
        client.stub = stub
        yield client
        stub.assert_no_pending_responses()


def answer(scan_id, state="scan", **more):
    return {"container": "web", "image": f"registry.example/{scan_id}:1", "state": state, "scan_id": scan_id} | more


def expect(codebuild, scan_id, variables=ANY):
    codebuild.stub.add_response(
        "start_build",
        {"build": {"id": f"scanner:{scan_id}"}},
        {"projectName": "scanner", "idempotencyToken": scan_id, "environmentVariablesOverride": variables},
    )


def test_a_build_for_each_lease_and_none_for_the_rest(platform, codebuild):
    expect(codebuild, "s1")
    expect(codebuild, "s2")
    answers = [answer("s1"), answer("x", "known"), answer("y", "scanning"), answer("s2"), answer("z", "stopped")]
    assert start_builds(codebuild, "scanner", platform.client(), answers, {}) == 2
    assert [(call.path, call.body) for call in platform.calls] == [
        ("/api/v1/sensor/scans/s1/build", {"build_id": "scanner:s1", "error": ""}),
        ("/api/v1/sensor/scans/s2/build", {"build_id": "scanner:s2", "error": ""}),
    ]


def test_the_build_is_told_image_digest_platform_and_the_secret_of_its_registry(platform, codebuild):
    told = {
        "LANDWAITER_SCAN_ID": "s1",
        "LANDWAITER_IMAGE": "registry.example/s1:1",
        "LANDWAITER_DIGEST": "sha256:" + "a" * 64,
        "LANDWAITER_IMAGE_PLATFORM": "linux/arm64",
        "LANDWAITER_REGISTRY_SECRET": SECRET,
    }
    expect(codebuild, "s1", [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in told.items()])
    leased = answer("s1", digest=told["LANDWAITER_DIGEST"], architecture="arm64")
    secrets = {"registry.example/s1:1": SECRET, "other": "no"}
    assert start_builds(codebuild, "scanner", platform.client(), [leased], secrets) == 1


def test_a_refusal_gives_the_lease_back_and_the_next_image_is_tried(platform, codebuild):
    codebuild.stub.add_client_error("start_build", LIMIT, "Project-level concurrent build limit exceeded")
    expect(codebuild, "s2")
    with pytest.raises(BuildNotStartedError, match="s1:1.*limit exceeded"):
        start_builds(codebuild, "scanner", platform.client(), [answer("s1"), answer("s2")], {})
    first, second = platform.calls
    assert first.path == "/api/v1/sensor/scans/s1/build"
    assert first.body["build_id"] == ""
    assert LIMIT in first.body["error"]
    assert second.body == {"build_id": "scanner:s2", "error": ""}


def test_a_lease_that_cannot_be_given_back_keeps_no_other_image_from_its_build(platform, codebuild):
    codebuild.stub.add_client_error("start_build", LIMIT, "limit exceeded")
    expect(codebuild, "s2")
    platform.script.extend([(503, b"")] * ATTEMPTS)
    with pytest.raises(BuildNotStartedError, match="limit exceeded.*the lease was not given back.*503"):
        start_builds(codebuild, "scanner", platform.client(), [answer("s1"), answer("s2")], {})
    assert platform.calls[-1].body == {"build_id": "scanner:s2", "error": ""}


def test_a_platform_that_does_not_hear_of_a_build_is_a_failure_after_all_were_tried(platform, codebuild):
    expect(codebuild, "s1")
    expect(codebuild, "s2")
    platform.script.extend([(503, b"")] * ATTEMPTS)
    with pytest.raises(PlatformError, match="503"):
        start_builds(codebuild, "scanner", platform.client(), [answer("s1"), answer("s2")], {})
    assert platform.calls[-1].path == "/api/v1/sensor/scans/s2/build"
