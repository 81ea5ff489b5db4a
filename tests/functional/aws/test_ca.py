"""Part 3, end to end: a platform behind a private CA, reached by function and build with the published root."""

import base64
import hashlib
import json
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from landwaiter.aws import names
from landwaiter.aws.ca.certificates import bundle_of, check, read_roots
from landwaiter.aws.ca.project import SECRET
from landwaiter.aws.ca.publish import LAYER, publish_changes, withdraw_changes
from landwaiter.aws.ca.state import read_state
from landwaiter.aws.changes import make_all
from landwaiter.aws.code import package
from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.aws.doctor.read import read_estate
from landwaiter.aws.doctor.run import choose, examine
from landwaiter.errors import InputError
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.sandbox import Sandbox

NOW = datetime.now(UTC)


class Platform(ThreadingHTTPServer):
    """A platform that only remembers who called."""

    daemon_threads = True

    def __init__(self, authority: Authority, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        files = authority.issue(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.calls: list[str] = []
        self.url = f"https://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A client that does not trust us hangs up."""


class Handler(BaseHTTPRequestHandler):
    server: Platform

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append(self.path)
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def platform(authority: Authority, tmp_path: Path) -> Iterator[Platform]:
    server = Platform(authority, tmp_path / "certificate")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def roots_of(*authorities: Authority) -> tuple[Any, ...]:
    return read_roots("".join(one.pem for one in authorities).encode(), now=datetime.now(UTC))


def handshake(box: Sandbox) -> dict[str, Any]:
    """The function's own handshake, from where it runs."""
    answer = box.client("lambda").invoke(FunctionName=names.FUNCTION, Payload=json.dumps({"landwaiter": "handshake"}))
    return dict(json.loads(answer["Payload"].read()))


def build(box: Sandbox) -> str:
    """The log of a build of an image that is nowhere: it tells the platform so, if it trusts it."""
    variables = {
        "LANDWAITER_SCAN_ID": "scan-1",
        "LANDWAITER_IMAGE": "127.0.0.1:9/nowhere:1",
        "LANDWAITER_IMAGE_PLATFORM": "linux/amd64",
    }
    overrides = [{"name": key, "value": value} for key, value in variables.items()]
    started = box.client("codebuild").start_build(projectName=names.PROJECT, environmentVariablesOverride=overrides)
    box.wait_for_build(started["build"]["id"])
    return "\n".join(box.logs("/aws/codebuild/QualysECSFargateImageScanning"))


def configuration(box: Sandbox) -> dict[str, Any]:
    return dict(box.client("lambda").get_function_configuration(FunctionName=names.FUNCTION))


def project(box: Sandbox) -> dict[str, Any]:
    found = box.client("codebuild").batch_get_projects(names=[names.PROJECT])["projects"][0]
    given = found["environment"]["environmentVariables"]
    found["environment"]["environmentVariables"] = [{"type": "PLAINTEXT", **one} for one in given]
    return {key: value for key, value in found.items() if key not in {"lastModified", "created"}}


def variables(box: Sandbox) -> dict[str, dict[str, str]]:
    return {one["name"]: one for one in project(box)["environment"]["environmentVariables"]}


def test_the_published_root_is_what_makes_the_difference(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], platform: Platform, authority: Authority
) -> None:
    box = fresh_box
    build_by_hand(box, platform_url=platform.url)
    assert check(platform.url).verdict == "custom"
    assert check(platform.url, extra_roots=authority.pem).stores["given"]
    assert "is not trusted" in handshake(box)["errorMessage"]
    assert "is not trusted" in build(box)
    assert platform.calls == []
    before = configuration(box), project(box)
    done = make_all(publish_changes(box.client, roots_of(authority)))
    assert len(done) == 3
    assert handshake(box) == {"platform": platform.url, "trusted": True}
    assert platform.calls == ["/api/v1/sensor/sweep"]
    build(box)
    assert "/api/v1/sensor/scans/scan-1/failure" in platform.calls
    # Nothing else was touched.
    after = configuration(box)
    kept = before[0]["Environment"]["Variables"]
    assert after["Environment"]["Variables"] == kept | {"QualysPodCustomRootCertPath": "/opt/custom-root-ca.cert"}
    assert project(box)["environment"]["environmentVariables"] == [
        *before[1]["environment"]["environmentVariables"],
        {"name": "LANDWAITER_ROOT_CA", "value": authority.pem, "type": "PLAINTEXT"},
    ]
    assert publish_changes(box.client, roots_of(authority)) == []
    make_all(withdraw_changes(box.client))
    assert configuration(box)["Environment"] == before[0]["Environment"]
    assert not configuration(box).get("Layers")
    assert project(box) == before[1]
    assert box.client("lambda").list_layers()["Layers"] == []
    assert box.client("lambda").list_tags(Resource=after["FunctionArn"])["Tags"] == {}
    assert withdraw_changes(box.client) == []
    assert "is not trusted" in handshake(box)["errorMessage"]


def test_another_root_takes_the_place_of_the_old_one_and_other_layers_stay(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], platform: Platform, authority: Authority
) -> None:
    box, functions = fresh_box, fresh_box.client("lambda")
    old, wrong = Authority.create("Old"), Authority.create("Wrong")
    zipped = package.root_ca_layer(old.pem.encode()).content
    built = build_by_hand(box, platform_url=platform.url, root_ca_layer=zipped)
    make_all(publish_changes(box.client, roots_of(wrong)))
    assert "is not trusted" in handshake(box)["errorMessage"]
    make_all(publish_changes(box.client, roots_of(authority, old)))
    assert handshake(box)["trusted"] is True
    # The layer made by hand stays, ours lies over it, and of ours there is one only.
    arns = [layer["Arn"] for layer in configuration(box)["Layers"]]
    assert arns[0] == built.layer_arn
    assert [arn.split(":")[6] for arn in arns[1:]] == [LAYER]
    state = read_state(box.client, now=datetime.now(UTC))
    assert {root.subject for root in state.roots} == {"CN=Landwaiter Sandbox Root CA", "CN=Old"}
    assert set(state.in_function) == {root.sha256 for root in state.roots}
    # The sandbox's roots live for a day, which is worth a warning each.
    assert len(state.warnings) == 2
    assert all("in 0 days" in warning for warning in state.warnings)
    # Going back to the first one publishes nothing anew.
    assert [change.name for change in publish_changes(box.client, roots_of(wrong))] == ["function", "project"]
    assert [change.name for change in publish_changes(box.client, roots_of(old, authority))] == []
    make_all(withdraw_changes(box.client))
    assert [layer["Arn"] for layer in configuration(box)["Layers"]] == [built.layer_arn]
    assert [layer["LayerName"] for layer in functions.list_layers()["Layers"]] == ["custom-root-ca"]


def test_many_roots_go_by_a_secret(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], platform: Platform, authority: Authority
) -> None:
    """More than a parameter of CloudFormation holds."""
    box = fresh_box
    build_by_hand(box, platform_url=platform.url)
    before = project(box)
    roots = roots_of(authority, *(Authority.create(f"Root {number}") for number in range(12)))
    bundle = bundle_of(roots)
    assert len(bundle) > 4096
    changes = publish_changes(box.client, roots)
    assert [change.name for change in changes] == ["layer", "function", "secret", "secret-policy", "project"]
    make_all(changes)
    assert variables(box)["LANDWAITER_ROOT_CA"] == {
        "name": "LANDWAITER_ROOT_CA", "value": SECRET, "type": "SECRETS_MANAGER"
    }  # fmt: skip
    assert handshake(box)["trusted"] is True
    build(box)
    assert "/api/v1/sensor/scans/scan-1/failure" in platform.calls
    assert len(read_state(box.client, now=NOW).roots) == 13
    assert publish_changes(box.client, roots[::-1]) == []
    document = box.client("iam").get_role_policy(RoleName=names.SERVICE_ROLE, PolicyName="LandwaiterRootCa")
    assert document["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:landwaiter-root-ca-??????",
        }
    ]
    make_all(withdraw_changes(box.client))
    assert project(box) == before
    held = [one["Name"] for one in box.client("secretsmanager").list_secrets()["SecretList"]]
    assert held == ["scanning-token"]
    assert box.client("iam").list_role_policies(RoleName=names.SERVICE_ROLE)["PolicyNames"] == ["Scanning"]


def test_a_stack_of_ours_has_it_published_and_another_one_comes_and_goes(
    fresh_box: Sandbox, make_deployment: Callable[..., Deployment], platform: Platform, authority: Authority
) -> None:
    box = fresh_box
    for step in make_deployment(box, platform_url=platform.url).steps():
        step.run()
    assert handshake(box)["trusted"] is True
    assert publish_changes(box.client, roots_of(authority)) == []
    before = configuration(box), project(box)
    make_all(publish_changes(box.client, roots_of(Authority.create("Another"))))
    assert "is not trusted" in handshake(box)["errorMessage"]
    make_all(withdraw_changes(box.client))
    assert handshake(box)["trusted"] is True
    assert configuration(box)["Layers"] == before[0]["Layers"]
    assert project(box) == before[1]


def test_many_roots_of_a_stack_of_ours_go_by_the_same_secret(
    fresh_box: Sandbox, make_deployment: Callable[..., Deployment], platform: Platform, authority: Authority
) -> None:
    box = fresh_box
    roots = roots_of(authority, *(Authority.create(f"Root {number}") for number in range(12)))
    deployment = make_deployment(box, platform_url=platform.url, root_ca=bundle_of(roots))
    for step in deployment.steps():
        step.run()
    assert handshake(box)["trusted"] is True
    build(box)
    assert "/api/v1/sensor/scans/scan-1/failure" in platform.calls
    assert publish_changes(box.client, roots) == []
    document = box.client("iam").get_role_policy(RoleName=names.SERVICE_ROLE, PolicyName="ScanJob")["PolicyDocument"]
    allowed = {statement["Sid"]: statement["Resource"] for statement in document["Statement"]}
    assert allowed["ReadTheRootCas"].endswith(":secret:landwaiter-root-ca-??????")
    described = box.client("lambda").list_layer_versions(LayerName=LAYER)["LayerVersions"][0]["Description"]
    assert described.endswith(f"first expiry {roots[0].not_after:%Y-%m-%d}")
    checks = {one.id: one for one in examine(read_estate(box.client), choose(["LW-CA"]))}
    assert checks["LW-CA-005"].status == "passed"
    # A short one instead, and back: the secret is the stack's to keep.
    before = project(box)
    make_all(publish_changes(box.client, roots_of(authority)))
    assert variables(box)["LANDWAITER_ROOT_CA"]["value"] == authority.pem
    assert handshake(box)["trusted"] is True
    make_all(withdraw_changes(box.client))
    assert project(box) == before
    for step in deployment.undo_steps():
        step.run()
    assert box.client("secretsmanager").list_secrets()["SecretList"] == []


def test_an_interruption_is_finished_or_undone(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], authority: Authority
) -> None:
    box = fresh_box
    build_by_hand(box)
    before = configuration(box)["Environment"], project(box)
    for stop in range(4):
        make_all(publish_changes(box.client, roots_of(authority))[:stop])
        assert len(make_all(publish_changes(box.client, roots_of(authority)))) == 3 - stop
        assert publish_changes(box.client, roots_of(authority)) == []
        make_all(withdraw_changes(box.client)[:stop])
        make_all(withdraw_changes(box.client))
        assert (configuration(box)["Environment"], project(box)) == before
        assert box.client("lambda").list_layers()["Layers"] == []


def test_the_layers_description_tells_when_its_first_root_expires(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], authority: Authority
) -> None:
    box = fresh_box
    build_by_hand(box)
    make_all(publish_changes(box.client, roots_of(authority)))
    version = box.client("lambda").list_layer_versions(LayerName=LAYER)["LayerVersions"][0]
    tomorrow = roots_of(authority)[0].not_after
    assert version["Description"].endswith(f"first expiry {tomorrow:%Y-%m-%d}")
    described = box.client("lambda").get_layer_version_by_arn(Arn=version["LayerVersionArn"])["Content"]
    zipped = package.root_ca_layer(authority.pem.encode()).content
    assert described["CodeSha256"] == base64.b64encode(hashlib.sha256(zipped).digest()).decode()
    with zipfile.ZipFile(BytesIO(zipped)) as archive:
        assert archive.namelist() == ["custom-root-ca.cert"]


def test_a_path_without_its_file_is_told(fresh_box: Sandbox, build_by_hand: Callable[..., Any]) -> None:
    box = fresh_box
    build_by_hand(box)
    assert read_state(box.client, now=NOW).warnings == ()
    given = configuration(box)["Environment"]["Variables"] | {"QualysPodCustomRootCertPath": "/opt/elsewhere.pem"}
    box.client("lambda").update_function_configuration(FunctionName=names.FUNCTION, Environment={"Variables": given})
    assert "No layer of the function holds certificates at /opt/elsewhere.pem" in str(
        read_state(box.client, now=NOW).warnings
    )


def test_the_function_has_no_room_for_another_layer(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], authority: Authority
) -> None:
    box, functions = fresh_box, fresh_box.client("lambda")
    build_by_hand(box)
    zipped = package.root_ca_layer(authority.pem.encode()).content
    arns = [
        functions.publish_layer_version(LayerName=f"layer-{number}", Content={"ZipFile": zipped})["LayerVersionArn"]
        for number in range(5)
    ]
    functions.update_function_configuration(FunctionName=names.FUNCTION, Layers=arns)
    with pytest.raises(InputError, match="has 5 layers already"):
        publish_changes(box.client, roots_of(authority))


def test_without_a_stack_it_says_so(fresh_box: Sandbox, authority: Authority) -> None:
    for ask in (
        lambda: publish_changes(fresh_box.client, roots_of(authority)),
        lambda: withdraw_changes(fresh_box.client),
    ):
        with pytest.raises(InputError, match="no Lambda function QualysECSFargateImageScanningLambda"):
            ask()


def test_an_expired_root_is_not_published(authority: Authority) -> None:
    with pytest.raises(InputError, match="expired on"):
        read_roots(authority.pem.encode(), now=NOW + timedelta(days=3))
