"""A deployment of ours, each fact of the runbook broken in turn by plain API calls, found by the doctor, and mended."""

import contextlib
import io
import json
import socket
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from landwaiter.aws.deploy import Deployment
from landwaiter.aws.doctor.estate import Estate
from landwaiter.aws.doctor.models import Finding
from landwaiter.aws.doctor.read import read_estate
from landwaiter.aws.doctor.repairs import REPAIRS, Tools
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
        return read_estate(self.client, allow_list=self.allow_list, **more)

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
            self._patient.platform.shutdown()
            self._patient.platform.server_close()


@pytest.fixture(scope="module")
def ward(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, make_deployment: Callable[..., Deployment]
) -> Iterator[Ward]:
    def admit() -> Patient:
        platform = Platform(authority, tmp_path_factory.mktemp("certificate"))
        threading.Thread(target=platform.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
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


def test_a_deployment_is_well(patient: Patient) -> None:
    findings = patient.findings()
    assert {one.id: one.found for one in findings.values() if one.status in {"failed", "warned"}} == {}
    skipped = {one.id for one in findings.values() if one.status == "skipped"}
    # Nothing has been built, and no task runs.
    assert skipped == {"LW-BLD-009", "LW-EVT-011", "LW-ECR-001", "LW-ECR-002"}


Break = Callable[[Patient], Callable[[], object] | None]


def no_dns(p: Patient) -> None:
    p.client("ec2").modify_vpc_attribute(VpcId=p.told["VpcId"], EnableDnsSupport={"Value": False})


def no_hostnames(p: Patient) -> None:
    p.client("ec2").modify_vpc_attribute(VpcId=p.told["VpcId"], EnableDnsHostnames={"Value": False})


def no_public_addresses(p: Patient) -> None:
    p.client("ec2").modify_subnet_attribute(SubnetId=p.told["PublicSubnet2Id"], MapPublicIpOnLaunch={"Value": False})


def public_table_renamed(p: Patient) -> None:
    table = p.table("Public-RT")["RouteTableId"]
    p.client("ec2").create_tags(Resources=[table], Tags=[{"Key": "Name", "Value": "public"}])


def main_swapped(p: Patient) -> None:
    ec2 = p.client("ec2")
    main = next(one for one in p.table("Public-RT")["Associations"] if one.get("Main"))
    filters = [{"Name": "vpc-id", "Values": [p.told["VpcId"]]}]
    tables = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    other = next(one for one in tables if not one["Associations"])
    ec2.replace_route_table_association(
        AssociationId=main["RouteTableAssociationId"], RouteTableId=other["RouteTableId"]
    )


def private_table_main(p: Patient) -> None:
    main = next(one for one in p.table("Public-RT")["Associations"] if one.get("Main"))
    table = p.table("Private-RT")["RouteTableId"]
    p.client("ec2").replace_route_table_association(AssociationId=main["RouteTableAssociationId"], RouteTableId=table)


def association(p: Patient, table: str, subnet: str) -> str:
    found = p.table(table)["Associations"]
    return next(str(one["RouteTableAssociationId"]) for one in found if one.get("SubnetId") == p.told[subnet])


def public_subnet_loose(p: Patient) -> None:
    p.client("ec2").disassociate_route_table(AssociationId=association(p, "Public-RT", "PublicSubnet2Id"))


def private_subnet_loose(p: Patient) -> None:
    p.client("ec2").disassociate_route_table(AssociationId=association(p, "Private-RT", "PrivateSubnet1Id"))


def private_subnet_public(p: Patient) -> None:
    table = p.table("Public-RT")["RouteTableId"]
    here = association(p, "Private-RT", "PrivateSubnet2Id")
    p.client("ec2").replace_route_table_association(AssociationId=here, RouteTableId=table)


def gateway_detached(p: Patient) -> None:
    gateway = next(one["GatewayId"] for one in p.table("Public-RT")["Routes"] if one["GatewayId"].startswith("igw-"))
    p.client("ec2").detach_internet_gateway(InternetGatewayId=gateway, VpcId=p.told["VpcId"])


def no_public_route(p: Patient) -> None:
    p.client("ec2").delete_route(RouteTableId=p.table("Public-RT")["RouteTableId"], DestinationCidrBlock=ANYWHERE)


def no_private_route(p: Patient) -> None:
    p.client("ec2").delete_route(RouteTableId=p.table("Private-RT")["RouteTableId"], DestinationCidrBlock=ANYWHERE)


def private_route_to_a_ghost(p: Patient) -> None:
    p.client("ec2").replace_route(
        RouteTableId=p.table("Private-RT")["RouteTableId"],
        DestinationCidrBlock=ANYWHERE,
        NatGatewayId="nat-0123456789abcdef0",
    )


def policy_lacks_an_action(p: Patient) -> None:
    p.policy(lambda statements: statements[0]["Action"].remove("ec2:DescribeDhcpOptions"))


def policy_lacks_the_permission(p: Patient) -> None:
    p.policy(lambda statements: statements.pop())


def policy_for_another_service(p: Patient) -> None:
    p.policy(lambda statements: statements[1]["Condition"]["StringEquals"].update({"ec2:AuthorizedService": "x.y"}))


def policy_lacks_a_subnet(p: Patient) -> None:
    p.policy(lambda statements: statements[1]["Condition"]["ArnEquals"]["ec2:Subnet"].pop())


def policy_without_subnets(p: Patient) -> None:
    p.policy(lambda statements: statements[1]["Condition"].pop("ArnEquals"))


def policy_on_other_interfaces(p: Patient) -> None:
    p.policy(lambda statements: statements[1].update(Resource="arn:aws:ec2:*:999999999999:network-interface/*"))


def policy_detached(p: Patient) -> None:
    p.client("iam").detach_role_policy(RoleName=SERVICE_ROLE, PolicyArn=POLICY)


def policy_deleted(p: Patient) -> None:
    p.client("iam").detach_role_policy(RoleName=SERVICE_ROLE, PolicyArn=POLICY)
    for one in p.client("iam").list_policy_versions(PolicyArn=POLICY)["Versions"]:
        if not one["IsDefaultVersion"]:
            p.client("iam").delete_policy_version(PolicyArn=POLICY, VersionId=one["VersionId"])
    p.client("iam").delete_policy(PolicyArn=POLICY)


def managed_policy_detached(p: Patient) -> None:
    p.client("iam").detach_role_policy(RoleName=LAMBDA_ROLE, PolicyArn=MANAGED)


def function_out_of_the_vpc(p: Patient) -> None:
    p.configure(VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})


def function_in(p: Patient, subnet: str) -> None:
    group = p.told["DefaultSecurityGroupId"]
    p.configure(VpcConfig={"SubnetIds": [p.told[subnet]], "SecurityGroupIds": [group]})


def function_public(p: Patient) -> None:
    function_in(p, "PublicSubnet1Id")


def function_in_second(p: Patient) -> None:
    function_in(p, "PrivateSubnet2Id")


def another_group(p: Patient) -> str:
    ec2 = p.client("ec2")
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["other"]}])["SecurityGroups"]
    made = found[0] if found else ec2.create_security_group(GroupName="other", Description="x", VpcId=p.told["VpcId"])
    return str(made["GroupId"])


def function_with_another_group(p: Patient) -> None:
    p.configure(VpcConfig={"SubnetIds": [p.told["PrivateSubnet1Id"]], "SecurityGroupIds": [another_group(p)]})


def project_in(p: Patient, subnet: str, group: str = "") -> None:
    place = {"vpcId": p.told["VpcId"], "subnets": [p.told[subnet]]}
    p.project(vpcConfig={**place, "securityGroupIds": [group or p.told["DefaultSecurityGroupId"]]})


def project_out_of_the_vpc(p: Patient) -> None:
    p.project(vpcConfig={})


def project_public(p: Patient) -> None:
    project_in(p, "PublicSubnet1Id")


def project_in_first(p: Patient) -> None:
    project_in(p, "PrivateSubnet1Id")


def project_with_another_group(p: Patient) -> None:
    project_in(p, "PrivateSubnet2Id", another_group(p))


def layer_removed(p: Patient) -> None:
    p.configure(Layers=[])


def path_wrong(p: Patient) -> None:
    p.variables(QualysPodCustomRootCertPath="/opt/certs/root.pem")


def path_empty(p: Patient) -> None:
    p.variables(QualysPodCustomRootCertPath="")


def rule_disabled(p: Patient) -> None:
    p.client("events").disable_rule(Name="LandwaiterTaskRunning")


def rule_without_target(p: Patient) -> None:
    p.client("events").remove_targets(Rule="LandwaiterTaskRunning", Ids=["Trigger"])


def rule_with_another_target(p: Patient) -> None:
    p.client("events").put_targets(
        Rule="LandwaiterTaskRunning",
        Targets=[{"Id": "Trigger", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:other"}],
    )


def rule_without_permission(p: Patient) -> None:
    policy = json.loads(p.client("lambda").get_policy(FunctionName=FUNCTION)["Policy"])
    for one in policy["Statement"]:
        if "LandwaiterTaskRunning" in json.dumps(one["Condition"]):
            p.client("lambda").remove_permission(FunctionName=FUNCTION, StatementId=one["Sid"])


def rule_with_a_wrong_pattern(p: Patient) -> None:
    pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["PENDING"]}}
    p.client("events").put_rule(Name="LandwaiterTaskRunning", EventPattern=json.dumps(pattern))


def rule_deleted(p: Patient) -> None:
    p.client("events").remove_targets(Rule="LandwaiterTaskRunning", Ids=["Trigger"])
    p.client("events").delete_rule(Name="LandwaiterTaskRunning")


def stopped_rule_disabled(p: Patient) -> None:
    p.client("events").disable_rule(Name="LandwaiterTaskStopped")


def sweep_disabled(p: Patient) -> None:
    p.client("events").disable_rule(Name="LandwaiterSweep")


def sweep_without_target(p: Patient) -> None:
    p.client("events").remove_targets(Rule="LandwaiterSweep", Ids=["Trigger"])


def address_not_admitted(p: Patient) -> None:
    p.allow_list.entries[:] = ["192.0.2.0/24"]


MENDED: list[tuple[Callable[[Patient], None], set[str]]] = [
    (public_table_renamed, {"LW-NET-004"}),
    (main_swapped, {"LW-NET-005"}),
    (private_table_main, {"LW-NET-005"}),
    (public_subnet_loose, {"LW-NET-007"}),
    (private_subnet_loose, {"LW-NET-008"}),
    (private_subnet_public, {"LW-NET-008"}),
    (gateway_detached, {"LW-NET-009"}),
    (no_public_route, {"LW-NET-010"}),
    (no_private_route, {"LW-NET-013"}),
    (private_route_to_a_ghost, {"LW-NET-013"}),
    (no_public_addresses, {"LW-NET-014"}),
    (no_dns, {"LW-NET-015"}),
    (no_hostnames, {"LW-NET-016"}),
    (policy_lacks_an_action, {"LW-POL-002"}),
    (policy_lacks_the_permission, {"LW-POL-003"}),
    (policy_on_other_interfaces, {"LW-POL-003"}),
    (policy_for_another_service, {"LW-POL-004"}),
    (policy_lacks_a_subnet, {"LW-POL-005"}),
    (policy_without_subnets, {"LW-POL-005"}),
    (policy_detached, {"LW-POL-006"}),
    (policy_deleted, {"LW-POL-001"}),
    (managed_policy_detached, {"LW-POL-009"}),
    (layer_removed, {"LW-CA-001", "LW-PLT-002"}),
    (path_wrong, {"LW-CA-002", "LW-PLT-002"}),
    (path_empty, {"LW-CA-002", "LW-PLT-002"}),
    (function_out_of_the_vpc, {"LW-FUN-002"}),
    (function_public, {"LW-FUN-003"}),
    (function_in_second, {"LW-FUN-003"}),
    (function_with_another_group, {"LW-FUN-004"}),
    (project_out_of_the_vpc, {"LW-BLD-002"}),
    (project_public, {"LW-BLD-003"}),
    (project_in_first, {"LW-BLD-003"}),
    (project_with_another_group, {"LW-BLD-004"}),
    (rule_deleted, {"LW-EVT-001"}),
    (rule_disabled, {"LW-EVT-002"}),
    (rule_without_target, {"LW-EVT-003"}),
    (rule_with_another_target, {"LW-EVT-003"}),
    (rule_without_permission, {"LW-EVT-004"}),
    (rule_with_a_wrong_pattern, {"LW-EVT-005"}),
    (stopped_rule_disabled, {"LW-EVT-006"}),
    (sweep_disabled, {"LW-EVT-007"}),
    (sweep_without_target, {"LW-EVT-007"}),
    (address_not_admitted, {"LW-PLT-003"}),
]


@pytest.mark.parametrize(("damage", "expected"), MENDED, ids=[one.__name__ for one, _ in MENDED])
def test_what_is_broken_is_found_and_mended(
    patient: Patient, damage: Callable[[Patient], None], expected: set[str]
) -> None:
    patient.sick = True
    damage(patient)
    findings, mended = patient.mend()
    wrong = {one.id: one.found for one in findings.values() if one.status in {"failed", "warned"}}
    assert set(wrong) == expected, wrong
    assert all(findings[one].mend and findings[one].why for one in expected)
    told = {one.id: (one.found, one.done) for one in mended.values() if one.status in {"failed", "warned"}}
    assert told == {}
    fixable = expected & REPAIRS.keys()
    assert fixable
    assert all(mended[one].done for one in fixable)
    patient.sick = False


def test_every_repair_is_tried() -> None:
    assert {one for _, expected in MENDED for one in expected if one in REPAIRS} == set(REPAIRS)
