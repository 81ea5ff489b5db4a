"""What the doctor finds and leaves to a person, broken by plain API calls, and put back."""

import contextlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from landwaiter.sandbox.authority import Authority

FUNCTION = "QualysECSFargateImageScanningLambda"
PROJECT = "QualysECSFargateImageScanning"
SERVICE_ROLE = "QualysECSFargateImageScanningServiceRole"
LAMBDA_ROLE = "QualysECSFargateImageScanningLambdaRole"
ANYWHERE = "0.0.0.0/0"

MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            "size": 2,
        },
        "layers": [],
    }
)

Undo = Callable[[], object]


def certificate(*, ca: bool, days: int) -> bytes:
    """A self-signed certificate that ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made by a test")])
    end = datetime.now(UTC) + timedelta(days=days)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(end - timedelta(days=365)).not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def layer_of(p: Any, content: bytes) -> Undo:
    functions = p.client("lambda")
    before = [one["Arn"] for one in functions.get_function_configuration(FunctionName=FUNCTION)["Layers"]]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("custom-root-ca.cert", content)
    made = functions.publish_layer_version(LayerName="other", Content={"ZipFile": buffer.getvalue()})
    p.configure(Layers=[made["LayerVersionArn"]])
    return lambda: p.configure(Layers=before)


def leaf_in_the_layer(p: Any) -> Undo:
    return layer_of(p, certificate(ca=False, days=100))


def rubbish_in_the_layer(p: Any) -> Undo:
    return layer_of(p, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def expired_root(p: Any) -> Undo:
    return layer_of(p, certificate(ca=True, days=-3))


def root_that_expires(p: Any) -> Undo:
    return layer_of(p, certificate(ca=True, days=12))


def another_root(p: Any) -> Undo:
    return layer_of(p, Authority.create("Somebody else's").pem.encode())


def nat_deleted(p: Any) -> Undo:
    ec2 = p.client("ec2")
    nat = ec2.describe_nat_gateways(Filters=[{"Name": "vpc-id", "Values": [p.told["VpcId"]]}])["NatGateways"]
    gateway = next(one for one in nat if one["State"] == "available")
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])

    def undo() -> None:
        allocation = gateway["NatGatewayAddresses"][0]["AllocationId"]
        ec2.create_nat_gateway(SubnetId=p.told["PublicSubnet1Id"], AllocationId=allocation)
        _, after = p.mend()
        assert "which is gone" in after["LW-NET-013"].done

    return undo


def nat_without_address(p: Any) -> Undo:
    ec2 = p.client("ec2")
    made = ec2.create_nat_gateway(SubnetId=p.told["PublicSubnet2Id"], ConnectivityType="private")["NatGateway"]
    return lambda: ec2.delete_nat_gateway(NatGatewayId=made["NatGatewayId"])


def private_route_to_the_internet(p: Any) -> Undo:
    ec2 = p.client("ec2")
    table = p.table("Private-RT")
    nat = next(one["NatGatewayId"] for one in table["Routes"] if one.get("NatGatewayId"))
    gateway = next(one["GatewayId"] for one in p.table("Public-RT")["Routes"] if one["GatewayId"].startswith("igw-"))
    where = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": ANYWHERE}
    ec2.replace_route(**where, GatewayId=gateway)
    return lambda: ec2.replace_route(**where, NatGatewayId=nat)


def group_closed(p: Any) -> Undo:
    ec2, group = p.client("ec2"), p.told["DefaultSecurityGroupId"]
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=rules)
    return lambda: ec2.authorize_security_group_egress(GroupId=group, IpPermissions=rules)


def private_subnet_gives_addresses(p: Any) -> Undo:
    def turn(on: bool) -> None:
        subnet = p.told["PrivateSubnet1Id"]
        p.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": on})

    turn(True)
    return lambda: turn(False)


def stranger_may_assume(p: Any, role: str, service: str) -> Undo:
    own = {"Service": f"{service}.amazonaws.com"}
    p.trust(role, own, {"AWS": "arn:aws:iam::999999999999:root"})
    return lambda: p.trust(role, own)


def service_role_trusts_a_stranger(p: Any) -> Undo:
    return stranger_may_assume(p, SERVICE_ROLE, "codebuild")


def lambda_role_trusts_a_stranger(p: Any) -> Undo:
    return stranger_may_assume(p, LAMBDA_ROLE, "lambda")


def lambda_may_not_assume(p: Any) -> Undo:
    p.trust(LAMBDA_ROLE, {"Service": "ec2.amazonaws.com"})
    return lambda: p.trust(LAMBDA_ROLE, {"Service": "lambda.amazonaws.com"})


def function_with_another_role(p: Any) -> Undo:
    prefix = "arn:aws:iam::123456789012:role/"
    p.configure(Role=prefix + SERVICE_ROLE)
    return lambda: p.configure(Role=prefix + LAMBDA_ROLE)


def function_with_another_project(p: Any) -> Undo:
    p.variables(LANDWAITER_PROJECT="other")
    return lambda: p.variables(LANDWAITER_PROJECT=PROJECT)


def secret_deleted(p: Any) -> Undo:
    secret = p.deployment.scanning.outputs()["PlatformTokenSecretArn"]
    p.client("secretsmanager").delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    return lambda: p.client("secretsmanager").restore_secret(SecretId=secret)


def function_stopped(p: Any) -> Undo:
    put = p.client("lambda").put_function_concurrency
    put(FunctionName=FUNCTION, ReservedConcurrentExecutions=0)
    return lambda: put(FunctionName=FUNCTION, ReservedConcurrentExecutions=10)


def project_with_another_role(p: Any) -> Undo:
    prefix = "arn:aws:iam::123456789012:role/"
    p.project(serviceRole=prefix + LAMBDA_ROLE)
    return lambda: p.project(serviceRole=prefix + SERVICE_ROLE)


def codebuild_rewrote_the_role(p: Any) -> Undo:
    iam = p.client("iam")
    statement = {"Effect": "Allow", "Action": "ec2:DescribeDhcpOptions", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name = f"CodeBuildVpcPolicy-{PROJECT}-us-east-1"
    arn = iam.create_policy(PolicyName=name, Path="/service-role/", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=SERVICE_ROLE, PolicyArn=arn)

    def undo() -> None:
        iam.detach_role_policy(RoleName=SERVICE_ROLE, PolicyArn=arn)
        iam.delete_policy(PolicyArn=arn)

    return undo


def environment_changed(p: Any, change: Callable[[dict[str, Any]], None]) -> Undo:
    def read() -> dict[str, Any]:
        projects = p.client("codebuild").batch_get_projects(names=[PROJECT])["projects"]
        return dict(projects[0]["environment"])

    before, after = read(), read()
    change(after)
    p.project(environment=after)
    return lambda: p.project(environment=before)


def token_in_the_clear(p: Any) -> Undo:
    def change(environment: dict[str, Any]) -> None:
        for one in environment["environmentVariables"]:
            if one["name"] == "LANDWAITER_TOKEN":
                one.update(type="PLAINTEXT", value="lw_test")

    return environment_changed(p, change)


def builds_do_not_trust_the_root(p: Any) -> Undo:
    def change(environment: dict[str, Any]) -> None:
        for one in environment["environmentVariables"]:
            if one["name"] == "LANDWAITER_ROOT_CA":
                one["value"] = Authority.create("Somebody else's").pem

    return environment_changed(p, change)


def privileged_builds(p: Any) -> Undo:
    return environment_changed(p, lambda environment: environment.update(privilegedMode=True))


def queue_left_out(p: Any) -> Undo:
    functions = p.client("lambda")
    before = functions.get_function_configuration(FunctionName=FUNCTION)["DeadLetterConfig"]
    p.configure(DeadLetterConfig={"TargetArn": ""})
    return lambda: p.configure(DeadLetterConfig=before)


def alarm_deleted(p: Any) -> Undo:
    cloudwatch = p.client("cloudwatch")
    alarm = cloudwatch.describe_alarms(AlarmNames=["LandwaiterEventsNotHandled"])["MetricAlarms"][0]
    cloudwatch.delete_alarms(AlarmNames=["LandwaiterEventsNotHandled"])
    names = ("AlarmName", "Namespace", "MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods")
    kept = {name: alarm[name] for name in (*names, "Threshold", "ComparisonOperator")}
    return lambda: cloudwatch.put_metric_alarm(**kept)


def event_parked(p: Any) -> Undo:
    sqs, url = p.client("sqs"), p.deployment.scanning.outputs()["DeadLetterQueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    return lambda: sqs.purge_queue(QueueUrl=url)


def platform_not_reached(p: Any) -> Undo:
    p.variables(LANDWAITER_PLATFORM_URL="https://127.0.0.1:9")
    return lambda: p.variables(LANDWAITER_PLATFORM_URL=p.platform.url)


def token_revoked(p: Any) -> Undo:
    p.platform.token = "lw_new"
    return lambda: setattr(p.platform, "token", "lw_test")


def advisories_stale(p: Any) -> Undo:
    p.platform.bundle = "stale"
    return lambda: setattr(p.platform, "bundle", "fresh")


FOUND: list[tuple[Callable[[Any], Undo], set[str]]] = [
    (nat_deleted, {"LW-NET-011", "LW-NET-013"}),
    (nat_without_address, {"LW-NET-012"}),
    (private_route_to_the_internet, {"LW-NET-013"}),
    (private_subnet_gives_addresses, {"LW-NET-017"}),
    (group_closed, {"LW-NET-018"}),
    (service_role_trusts_a_stranger, {"LW-POL-007"}),
    (lambda_role_trusts_a_stranger, {"LW-POL-008"}),
    (lambda_may_not_assume, {"LW-POL-008"}),
    (leaf_in_the_layer, {"LW-CA-003", "LW-CA-005", "LW-PLT-002"}),
    (rubbish_in_the_layer, {"LW-CA-003", "LW-PLT-002"}),
    (expired_root, {"LW-CA-004", "LW-CA-005", "LW-PLT-002"}),
    (root_that_expires, {"LW-CA-004", "LW-CA-005", "LW-PLT-002"}),
    (another_root, {"LW-CA-005", "LW-PLT-002"}),
    (builds_do_not_trust_the_root, {"LW-CA-005"}),
    (function_with_another_role, {"LW-FUN-005"}),
    (function_with_another_project, {"LW-FUN-006"}),
    (secret_deleted, {"LW-FUN-007"}),
    (function_stopped, {"LW-FUN-008"}),
    (project_with_another_role, {"LW-BLD-005"}),
    (codebuild_rewrote_the_role, {"LW-BLD-006"}),
    (token_in_the_clear, {"LW-BLD-007"}),
    (privileged_builds, {"LW-BLD-010"}),
    (queue_left_out, {"LW-EVT-008"}),
    (alarm_deleted, {"LW-EVT-008"}),
    (event_parked, {"LW-EVT-009"}),
    (platform_not_reached, {"LW-PLT-001"}),
    (token_revoked, {"LW-PLT-004"}),
    (advisories_stale, {"LW-PLT-005"}),
]


@pytest.mark.parametrize(("damage", "expected"), FOUND, ids=[one.__name__ for one, _ in FOUND])
def test_what_is_broken_is_found(patient: Any, damage: Callable[[Any], Undo], expected: set[str]) -> None:
    patient.sick = True
    undo = damage(patient)
    findings = patient.findings()
    wrong = {one.id: one.found for one in findings.values() if one.status in {"failed", "warned"}}
    assert set(wrong) == expected, wrong
    assert all(findings[one].mend for one in expected)
    undo()
    patient.sick = False


def test_what_was_put_back_is_well(patient: Any) -> None:
    assert patient.failed() == set()


def test_a_route_that_leads_somewhere_is_left_alone(patient: Any) -> None:
    patient.sick = True
    undo = private_route_to_the_internet(patient)
    _, after = patient.mend()
    assert after["LW-NET-013"].status == "failed"
    assert after["LW-NET-013"].done.startswith("Not mended: 0.0.0.0/0 of rtb-")
    undo()
    patient.sick = False


def test_without_an_admin_token_the_function_tells_whether_it_is_admitted(patient: Any) -> None:
    assert patient.findings(allow_list=None)["LW-PLT-003"].status == "passed"
    patient.platform.admits = False
    try:
        found = patient.findings(allow_list=None)["LW-PLT-003"]
        assert found.status == "failed"
        assert "Sensor calls from 127.0.0.1 are not allowed." in found.found
        assert found.mend == f"landwaiter allow add {patient.told['EgressAddress']}/32"
    finally:
        patient.platform.admits = True
    quiet = patient.findings(allow_list=None, invoke=False)["LW-PLT-003"]
    assert (quiet.status, "LANDWAITER_ADMIN_TOKEN" in quiet.found) == ("skipped", True)


def build(p: Any, command: str) -> None:
    spec = {"version": 0.2, "phases": {"build": {"commands": [command]}}}
    made = p.client("codebuild").start_build(projectName=PROJECT, buildspecOverride=json.dumps(spec, indent=1))[
        "build"
    ]["id"]
    p.box.wait_for_build(made)


def test_builds_and_what_was_parked_before_them(patient: Any) -> None:
    patient.sick = True
    undo = event_parked(patient)
    build(patient, "true")
    findings = patient.findings(clock=lambda: datetime.now(UTC) + timedelta(minutes=1))
    assert findings["LW-BLD-009"].status == "passed"
    assert {one.id for one in findings.values() if one.status == "failed"} == {"LW-EVT-009", "LW-EVT-010"}
    undo()
    build(patient, "false")
    findings = patient.findings()
    assert {one.id for one in findings.values() if one.status == "failed"} == {"LW-BLD-009"}
    assert "1 of the latest 2 builds failed" in findings["LW-BLD-009"].found
    assert "in BUILD" in findings["LW-BLD-009"].found
    build(patient, "true")
    assert patient.findings()["LW-BLD-009"].status == "warned"


def run_task(p: Any, image: str) -> str:
    ecs = p.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": image}],
    )
    network = {"awsvpcConfiguration": {"subnets": [p.told["PrivateSubnet1Id"]]}}
    task = ecs.run_task(cluster="shop", taskDefinition="web", launchType="FARGATE", networkConfiguration=network)
    return str(task["tasks"][0]["taskArn"])


def later() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=10)


def test_a_task_that_nobody_noticed(patient: Any, eventually: Callable[..., Any]) -> None:
    patient.sick = True
    noticed = run_task(patient, "registry.example.org/web:1")
    finding = eventually(
        lambda: (found := patient.findings(clock=later)["LW-EVT-011"]).status == "passed" and found, seconds=20
    )
    assert finding, patient.box.logs(f"/aws/lambda/{FUNCTION}")
    assert noticed in finding.found
    patient.client("events").disable_rule(Name="LandwaiterTaskRunning")
    missed = run_task(patient, "registry.example.org/web:2")

    def found() -> Any:
        one = patient.findings(clock=later)["LW-EVT-011"]
        return one if one.status == "failed" else None

    finding = eventually(found, seconds=20)
    assert finding
    assert missed in finding.found


def test_images_of_other_accounts(patient: Any, eventually: Callable[..., Any]) -> None:
    patient.sick = True
    foreign = boto3.client(
        "ecr",
        endpoint_url=patient.box.endpoint,
        region_name="us-east-1",
        aws_access_key_id="999999999999",
        aws_secret_access_key="x",
    )
    for registry, repository in ((foreign, "base"), (patient.client("ecr"), "own")):
        registry.create_repository(repositoryName=repository)
        registry.put_image(repositoryName=repository, imageManifest=MANIFEST, imageTag="1")
    run_task(patient, "999999999999.dkr.ecr.us-east-1.amazonaws.com/base:1")
    run_task(patient, "123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1")

    def ecr() -> Any:
        findings = patient.findings()
        return (findings["LW-ECR-001"], findings["LW-ECR-002"]) if "2" in findings["LW-ECR-001"].found else None

    assert eventually(ecr, seconds=20)
    own, other = ecr()
    assert own.status == "passed"
    assert other.status in {"failed", "warned"}
    assert other.mend.startswith("In account 999999999999: aws ecr set-repository-policy --repository-name base ")
    iam = patient.client("iam")
    for one in iam.list_role_policies(RoleName=SERVICE_ROLE)["PolicyNames"]:
        iam.delete_role_policy(RoleName=SERVICE_ROLE, PolicyName=one)
    with contextlib.suppress(TypeError):
        own, _ = ecr()
    findings = patient.findings()
    assert findings["LW-ECR-001"].status == "failed"
    assert "repository/own" in findings["LW-ECR-001"].found


def test_events_that_other_accounts_forward(patient: Any) -> None:
    patient.sick = True
    events, functions = patient.client("events"), patient.client("lambda")
    events.create_event_bus(Name="landwaiter")
    pattern = json.dumps({"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]})
    arn = events.put_rule(Name="forwarded", EventBusName="landwaiter", EventPattern=pattern)["RuleArn"]
    assert "does not invoke" in patient.findings()["LW-EVT-012"].found
    function = functions.get_function_configuration(FunctionName=FUNCTION)["FunctionArn"]
    events.put_targets(Rule="forwarded", EventBusName="landwaiter", Targets=[{"Id": "1", "Arn": function}])
    found = patient.findings()["LW-EVT-012"]
    assert (found.status, "does not let forwarded invoke" in found.found) == ("failed", True)
    functions.add_permission(
        FunctionName=FUNCTION,
        StatementId="forwarded",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    assert patient.findings()["LW-EVT-012"].found == "forwarded of landwaiter."
    assert patient.failed() == set()
    events.disable_rule(Name="forwarded", EventBusName="landwaiter")
    assert patient.failed() == {"LW-EVT-012"}
