"""An estate where all is well, as a start for tests that break one thing."""

from datetime import UTC, datetime, timedelta

import pytest

from landwaiter.aws.doctor.estate import (
    Build,
    Certificate,
    Concurrency,
    Condition,
    Estate,
    Function,
    Handshake,
    InternetGateway,
    LayerFile,
    NatGateway,
    Network,
    Policy,
    Project,
    Queue,
    Role,
    Route,
    RouteTable,
    Rule,
    Secret,
    Statement,
    Subnet,
    Target,
    Tasks,
    Variable,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:QualysECSFargateImageScanningLambda"
QUEUE = "arn:aws:sqs:eu-central-1:111122223333:dead"
POLICY = "arn:aws:iam::111122223333:policy/Codebuild-Qualys-VPC-Access"
ROLES = "arn:aws:iam::111122223333:role/"
ROOT = Certificate(
    "CN=Root", is_ca=True, not_before=NOW - timedelta(1000), not_after=NOW + timedelta(1000), sha256="aa"
)


def network() -> Network:
    local = Route("10.0.0.0/24", "local", blackhole=False)
    return Network(
        vpc_id="vpc-1",
        origin="stack",
        zones=1,
        dns_support=True,
        dns_hostnames=True,
        subnets=tuple(
            Subnet(one, one, "eu-central-1a", f"10.0.0.{number * 64}/26", auto_public=one.startswith("pub"))
            for number, one in enumerate(("pub-1", "pub-2", "priv-1", "priv-2"))
        ),
        tables=(
            RouteTable(
                "rtb-public",
                "Public-RT",
                "assoc-main",
                (("pub-1", "assoc-1"), ("pub-2", "assoc-2")),
                (local, Route("0.0.0.0/0", "igw-1", blackhole=False)),
            ),
            RouteTable(
                "rtb-private",
                "Private-RT",
                "",
                (("priv-1", "assoc-3"), ("priv-2", "assoc-4")),
                (local, Route("0.0.0.0/0", "nat-1", blackhole=False)),
            ),
            RouteTable("rtb-first", "", "", (), (local,), was_main=True),
        ),
        gateways=(InternetGateway("igw-1", attached=True),),
        nats=(NatGateway("nat-1", "pub-1", "available", ("198.51.100.7",)),),
        security_group="sg-default",
        lets_out=True,
        public=("pub-1", "pub-2"),
        private=("priv-1", "priv-2"),
        lambda_subnet="priv-1",
        codebuild_subnet="priv-2",
        certain=True,
    )


def policy() -> Policy:
    actions = (
        *("CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeVpcs", "DeleteNetworkInterface"),
        *("DescribeDhcpOptions", "DescribeSubnets", "DescribeSecurityGroups"),
    )
    subnets = tuple(
        f"arn:aws:ec2:eu-central-1:111122223333:subnet/{one}" for one in ("pub-1", "pub-2", "priv-1", "priv-2")
    )
    return Policy(
        POLICY,
        (
            Statement("Allow", tuple(f"ec2:{one}" for one in actions), ("*",)),
            Statement(
                "Allow",
                ("ec2:CreateNetworkInterfacePermission",),
                ("arn:aws:ec2:*:111122223333:network-interface/*",),
                (
                    Condition("StringEquals", "ec2:authorizedservice", ("codebuild.amazonaws.com",)),
                    Condition("ArnEquals", "ec2:subnet", subnets),
                ),
            ),
        ),
    )


def role(name: str, service: str, *attached: str) -> Role:
    trust = Statement("Allow", ("sts:AssumeRole",), (), principals=(f"Service:{service}.amazonaws.com",))
    return Role(ROLES + name, (trust,), attached)


def rule(name: str, *matches: str, schedule: str = "") -> Rule:
    arn = f"arn:aws:events:eu-central-1:111122223333:rule/{name}"
    return Rule(name, arn, True, schedule, frozenset(matches), (Target(FUNCTION, QUEUE),))


@pytest.fixture
def estate() -> Estate:
    rules = (
        rule("LandwaiterTaskRunning", "fargate running", "spot running"),
        rule("LandwaiterTaskStopped", "fargate stopped"),
        rule("LandwaiterSweep", schedule="rate(15 minutes)"),
    )
    return Estate(
        account="111122223333",
        partition="aws",
        region="eu-central-1",
        now=NOW,
        network=network(),
        policy=policy(),
        service_role=role("QualysECSFargateImageScanningServiceRole", "codebuild", POLICY),
        lambda_role=role(
            "QualysECSFargateImageScanningLambdaRole",
            "lambda",
            "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
        ),
        function=Function(
            arn=FUNCTION,
            state="Active",
            ours=True,
            role_arn=ROLES + "QualysECSFargateImageScanningLambdaRole",
            vpc_id="vpc-1",
            subnet_ids=("priv-1",),
            group_ids=("sg-default",),
            environment={
                "LANDWAITER_PLATFORM_URL": "https://platform.example.org",
                "LANDWAITER_TOKEN_SECRET": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:token",
                "LANDWAITER_PROJECT": "QualysECSFargateImageScanning",
                "QualysPodCustomRootCertPath": "/opt/custom-root-ca.cert",
            },
            layer_arns=("arn:aws:lambda:eu-central-1:111122223333:layer:ca:1",),
            dead_letters=QUEUE,
            modified=NOW - timedelta(days=1),
        ),
        permissions=tuple(
            Statement(
                "Allow",
                ("lambda:InvokeFunction",),
                (FUNCTION,),
                (Condition("ArnLike", "aws:sourcearn", (one.arn,)),),
                ("Service:events.amazonaws.com",),
            )
            for one in rules
        ),
        layer_files=(LayerFile("/opt/custom-root-ca.cert", (ROOT,)),),
        concurrency=Concurrency(10),
        secret=Secret("token", deleted=False),
        project=Project(
            arn="arn:aws:codebuild:eu-central-1:111122223333:project/QualysECSFargateImageScanning",
            ours=True,
            role_arn=ROLES + "QualysECSFargateImageScanningServiceRole",
            vpc_id="vpc-1",
            subnet_ids=("priv-2",),
            group_ids=("sg-default",),
            environment={
                "LANDWAITER_PLATFORM_URL": Variable("https://platform.example.org", "PLAINTEXT"),
                "LANDWAITER_TOKEN": Variable("arn", "SECRETS_MANAGER"),
                "LANDWAITER_JOB_SHA256": Variable("00", "PLAINTEXT"),
            },
            limit=20,
            privileged=False,
            certificates=(ROOT,),
        ),
        builds=(Build("b:1", True, NOW - timedelta(hours=1)),),
        rules=rules,
        queues=(Queue("dead", "https://sqs/dead", QUEUE, 0, alarmed=True, oldest=None),),
        handshake=Handshake(True, True, "", "192.0.2.1:443", True, True, "fresh", 3600),
        allowed=("198.51.100.0/24",),
        tasks=Tasks("", None, True, (), ()),
    )
