"""A deployment for the doctor, with all that is done to it, and a platform that it trusts."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.aws.doctor.estate import Estate
from landwaiter.aws.doctor.models import Finding
from landwaiter.aws.doctor.read import read_estate
from landwaiter.aws.doctor.repairs import Tools
from landwaiter.aws.doctor.run import examine, mend
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.sandbox import Sandbox

FUNCTION = "QualysECSFargateImageScanningLambda"
PROJECT = "QualysECSFargateImageScanning"
SERVICE_ROLE = "QualysECSFargateImageScanningServiceRole"
LAMBDA_ROLE = "QualysECSFargateImageScanningLambdaRole"
POLICY = "arn:aws:iam::123456789012:policy/Codebuild-Qualys-VPC-Access"
MANAGED = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
ANYWHERE = "0.0.0.0/0"


class Platform(ThreadingHTTPServer):
    """Answers the function's test invocation over TLS as the platform does."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        files = authority.issue(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self.server_port}"
        self.admits, self.token, self.bundle = True, "lw_test", "fresh"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Platform

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        # A function that does not trust us hangs up in the middle of the handshake.
        with contextlib.suppress(OSError):
            super().handle()

    def do_GET(self) -> None:
        if self.path == "/api/v1/health":
            bundle = {"built": "2026-11-20T00:00:00Z", "age_seconds": 7200, "state": self.server.bundle}
            self.answer(200, {"status": "ok", "version": "0", "bundle": bundle})
        elif not self.server.admits:
            self.answer(403, {"error": {"what": "Sensor calls from 127.0.0.1 are not allowed.", "remedy": ""}})
        elif self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self.answer(401, {"error": {"what": "The call carries no token.", "remedy": ""}})
        else:
            self.answer(404, {"error": {"what": "There is no scan.", "remedy": ""}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, {"duplicate": False, "images": [], "closed": 0})

    def answer(self, status: int, said: object) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@dataclass
class AllowList:
    """The platform's list of permitted networks."""

    entries: list[str] = field(default_factory=list)

    def networks(self) -> list[str]:
        return list(self.entries)

    def admit(self, network: str, note: str) -> None:
        assert note
        self.entries.append(network)


@dataclass
class Patient:
    """A deployment with all that the tests do to it."""

    box: Sandbox
    deployment: Deployment
    platform: Platform
    allow_list: AllowList
    told: dict[str, str]
    sick: bool = False

    def client(self, service: str) -> Any:
        return self.box.client(service)

    def read(self, **more: Any) -> Estate:
        return read_estate(self.client, **{"allow_list": self.allow_list, **more})

    def findings(self, **more: Any) -> dict[str, Finding]:
        return {one.id: one for one in examine(self.read(**more))}

    def failed(self, **more: Any) -> set[str]:
        return {one.id for one in self.findings(**more).values() if one.status in {"failed", "warned"}}

    def mend(self) -> tuple[dict[str, Finding], dict[str, Finding]]:
        """What was found, and what was found after mending."""
        estates: list[Estate] = []

        def read() -> Estate:
            estates.append(self.read())
            return estates[-1]

        _, after = mend(read, Tools(self.client, self.allow_list))
        return {one.id: one for one in examine(estates[0])}, {one.id: one for one in after}

    def table(self, name: str) -> dict[str, Any]:
        filters = [{"Name": "vpc-id", "Values": [self.told["VpcId"]]}]
        tables = self.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
        return next(one for one in tables if {"Key": "Name", "Value": name} in one["Tags"])

    def configure(self, **changes: Any) -> None:
        self.client("lambda").update_function_configuration(FunctionName=FUNCTION, **changes)
        self.client("lambda").get_waiter("function_active_v2").wait(FunctionName=FUNCTION, WaiterConfig={"Delay": 0})

    def variables(self, **changes: str) -> None:
        now = self.client("lambda").get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
        self.configure(Environment={"Variables": {**now, **changes}})

    def policy(self, change: Callable[[list[dict[str, Any]]], None]) -> None:
        iam = self.client("iam")
        version = iam.get_policy(PolicyArn=POLICY)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=POLICY, VersionId=version)["PolicyVersion"]["Document"]
        change(document["Statement"])
        made = iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=json.dumps(document), SetAsDefault=True)
        assert made
        for one in iam.list_policy_versions(PolicyArn=POLICY)["Versions"]:
            if not one["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=POLICY, VersionId=one["VersionId"])

    def project(self, **changes: Any) -> None:
        self.client("codebuild").update_project(name=PROJECT, **changes)

    def trust(self, role: str, *principals: dict[str, str]) -> None:
        statements = [{"Effect": "Allow", "Principal": one, "Action": "sts:AssumeRole"} for one in principals]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=document)


class Ward:
    """One patient for all tests; a new one after a test that left the last one sick."""

    def __init__(self, admit: Callable[[], Patient]) -> None:
        self._admit = admit
        self._patient: Patient | None = None

    def patient(self) -> Patient:
        if self._patient is None or self._patient.sick:
            self.close()
            self._patient = self._admit()
        return self._patient

    def close(self) -> None:
        if self._patient is not None:
            self._patient.box.stop()


@pytest.fixture(scope="session")
def make_platform(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Callable[[], Platform]]:
    """Start a platform that answers the test invocation; stopped at the end."""
    started: list[Platform] = []

    def make() -> Platform:
        platform = Platform(authority, tmp_path_factory.mktemp("certificate"))
        started.append(platform)
        threading.Thread(target=platform.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return platform

    yield make
    for platform in started:
        platform.shutdown()
        platform.server_close()


@pytest.fixture(scope="session")
def ward(
    tmp_path_factory: pytest.TempPathFactory,
    make_platform: Callable[[], Platform],
    make_deployment: Callable[..., Deployment],
) -> Iterator[Ward]:
    def admit() -> Patient:
        platform = make_platform()
        box = Sandbox.start(tmp_path_factory.mktemp("doctor"), task_step=0.02, retry_delay=0.02)
        deployment = make_deployment(box, platform_url=platform.url)
        for step in deployment.steps():
            step.run()
        told = deployment.network.outputs()
        return Patient(box, deployment, platform, AllowList([f"{told['EgressAddress']}/32"]), told)

    made = Ward(admit)
    yield made
    made.close()


@pytest.fixture
def patient(ward: Ward) -> Patient:
    return ward.patient()
