"""The guide followed by hand: every console step as the plain API call that the console makes, none of our code.

Only the zips that AWS runs are ours, since something has to run. Reach it by the fixture `build_by_hand`.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SERVICE_ROLE = "QualysECSFargateImageScanningServiceRole"
LAMBDA_ROLE = "QualysECSFargateImageScanningLambdaRole"
FUNCTION = "QualysECSFargateImageScanningLambda"
PROJECT = "QualysECSFargateImageScanning"
VPC_POLICY = "Codebuild-Qualys-VPC-Access"
RULE = "QualysECSFargateImageScanningRule"
LAMBDA_VPC_POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Network:
    """Part 1 of the guide, as noted down in its last step."""

    vpc_id: str
    public_subnets: tuple[str, str]
    private_subnets: tuple[str, str]
    security_group_id: str
    public_table: str
    private_table: str
    internet_gateway: str
    nat_gateway: str
    egress_address: str

    @property
    def subnets(self) -> tuple[str, ...]:
        return (*self.public_subnets, *self.private_subnets)


@dataclass(frozen=True)
class HandBuilt:
    """All that the guide makes. `policy_arn` is "" when part 2 was left out, `layer_arn` without a root CA."""

    network: Network
    function_arn: str
    rule_arn: str
    secret_arn: str
    policy_arn: str
    layer_arn: str


def build_by_hand(
    client: Callable[[str], Any],
    *,
    trigger_zip: bytes,
    source: tuple[str, str],
    job_sha256: str,
    python_version: str = "3.11",
    platform_url: str = "https://127.0.0.1:9",
    token: str = "lw_hand",
    root_ca_layer: bytes = b"",
    policy: bool = True,
    attached: bool = False,
) -> HandBuilt:
    """Follow the guide. `source` is bucket and key of the job's zip; `attached` follows part 4 as well."""
    network = make_network(client)
    account = client("sts").get_caller_identity()["Account"]
    secret = client("secretsmanager").create_secret(Name="scanning-token", SecretString=token)["ARN"]
    lambda_role = make_role(client, LAMBDA_ROLE, "lambda.amazonaws.com", LAMBDA_MAY)
    service_role = make_role(client, SERVICE_ROLE, "codebuild.amazonaws.com", SERVICE_MAY)
    function = make_function(client, lambda_role, trigger_zip, platform_url, secret)
    make_project(client, service_role, source, job_sha256, python_version, platform_url, secret)
    rule = make_rule(client, function)
    policy_arn = make_policy(client, account, network) if policy else ""
    layer = add_layer(client, root_ca_layer) if root_ca_layer else ""
    if attached:
        attach_by_hand(client, network, policy_arn)
    return HandBuilt(network, function, rule, secret, policy_arn, layer)


def make_network(client: Callable[[str], Any]) -> Network:
    """Part 1, steps 1 to 10."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/24", InstanceTenancy="default")["Vpc"]["VpcId"]
    name(ec2, vpc, "scanning")
    zone = ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    subnets = []
    for number, label in enumerate(("public-1", "public-2", "private-1", "private-2")):
        block = f"10.77.0.{number * 64}/26"
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        name(ec2, made, f"scanning-{label}")
        subnets.append(made)
    public, private = tuple(subnets[:2]), tuple(subnets[2:])
    in_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    public_table = ec2.describe_route_tables(Filters=in_vpc)["RouteTables"][0]["RouteTableId"]
    name(ec2, public_table, "Public-RT")
    private_table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    name(ec2, private_table, "Private-RT")
    for table, members in ((public_table, public), (private_table, private)):
        for subnet in members:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_route(RouteTableId=public_table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc")
    nat = ec2.create_nat_gateway(SubnetId=public[0], AllocationId=address["AllocationId"])["NatGateway"]["NatGatewayId"]
    ec2.create_route(RouteTableId=private_table, DestinationCidrBlock=ANYWHERE, NatGatewayId=nat)
    for subnet in public:
        ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    groups = ec2.describe_security_groups(Filters=[*in_vpc, {"Name": "group-name", "Values": ["default"]}])
    group = groups["SecurityGroups"][0]["GroupId"]
    return Network(
        vpc, public, private, group, public_table, private_table, gateway, nat, address["PublicIp"]
    )  # fmt: skip


def name(ec2: Any, resource: str, text: str) -> None:
    ec2.create_tags(Resources=[resource], Tags=[{"Key": "Name", "Value": text}])


LAMBDA_MAY = [
    "logs:*", "secretsmanager:GetSecretValue", "codebuild:StartBuild", "ecs:DescribeTasks",
    "ecs:DescribeTaskDefinition", "ecs:ListClusters", "ecs:ListTasks",
]  # fmt: skip
SERVICE_MAY = ["logs:*", "secretsmanager:GetSecretValue", "s3:GetObject", "ecr:*"]


def make_role(client: Callable[[str], Any], role: str, service: str, actions: list[str]) -> str:
    iam = client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="Scanning", PolicyDocument=json.dumps(may))
    return str(arn)


def make_function(client: Callable[[str], Any], role: str, code: bytes, platform_url: str, secret: str) -> str:
    made = client("lambda").create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Role=role,
        Handler="landwaiter.trigger.handler.handle",
        Code={"ZipFile": code},
        Timeout=60,
        MemorySize=256,
        Environment={
            "Variables": {
                "LANDWAITER_PLATFORM_URL": platform_url,
                "LANDWAITER_TOKEN_SECRET": secret,
                "LANDWAITER_PROJECT": PROJECT,
                "KEPT_AS_IT_IS": "by hand",
            }
        },
    )
    client("lambda").get_waiter("function_active_v2").wait(FunctionName=FUNCTION)
    return str(made["FunctionArn"])


def make_project(
    client: Callable[[str], Any],
    role: str,
    source: tuple[str, str],
    job_sha256: str,
    python_version: str,
    platform_url: str,
    secret: str,
) -> None:
    spec = {
        "version": 0.2,
        "phases": {
            "install": {"runtime-versions": {"python": python_version}},
            "build": {"commands": ["sha256sum --check --strict --quiet SHA256SUMS", "python3 -m landwaiter.scan"]},
        },
    }
    variables = [
        {"name": "LANDWAITER_PLATFORM_URL", "value": platform_url},
        {"name": "LANDWAITER_TOKEN", "value": secret, "type": "SECRETS_MANAGER"},
        {"name": "LANDWAITER_JOB_SHA256", "value": job_sha256},
    ]
    client("codebuild").create_project(
        name=PROJECT,
        source={"type": "S3", "location": "/".join(source), "buildspec": json.dumps(spec, indent=1)},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": variables,
        },
        serviceRole=role,
    )


def make_rule(client: Callable[[str], Any], function_arn: str) -> str:
    """The rule that wakes the function when a task on Fargate comes into RUNNING."""
    pattern = {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {"lastStatus": ["RUNNING"], "launchType": ["FARGATE"]},
    }
    events = client("events")
    arn = events.put_rule(Name=RULE, EventPattern=json.dumps(pattern), State="ENABLED")["RuleArn"]
    events.put_targets(Rule=RULE, Targets=[{"Id": "function", "Arn": function_arn}])
    client("lambda").add_permission(
        FunctionName=FUNCTION,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    return str(arn)


def make_policy(client: Callable[[str], Any], account: str, network: Network) -> str:
    """Part 2."""
    region = client("ec2").meta.region_name
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "VisualEditor0",
                "Effect": "Allow",
                "Action": [
                    "ec2:CreateNetworkInterface",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeVpcs",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DescribeDhcpOptions",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeSecurityGroups",
                ],
                "Resource": "*",
            },
            {
                "Sid": "VisualEditor1",
                "Effect": "Allow",
                "Action": "ec2:CreateNetworkInterfacePermission",
                "Resource": f"arn:aws:ec2:*:{account}:network-interface/*",
                "Condition": {
                    "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
                    "ArnEquals": {
                        "ec2:Subnet": [f"arn:aws:ec2:{region}:{account}:subnet/{one}" for one in network.subnets]
                    },
                },
            },
        ],
    }
    made = client("iam").create_policy(PolicyName=VPC_POLICY, PolicyDocument=json.dumps(document))
    return str(made["Policy"]["Arn"])


def add_layer(client: Callable[[str], Any], zipped: bytes, path: str = "/opt/custom-root-ca.cert") -> str:
    """Part 3: the layer, the parameter, the layer added to the function."""
    functions = client("lambda")
    made = functions.publish_layer_version(
        LayerName="custom-root-ca",
        Description="Root CA",
        Content={"ZipFile": zipped},
        CompatibleRuntimes=["python3.13"],
        CompatibleArchitectures=["x86_64"],
    )
    variables = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=FUNCTION,
        Environment={"Variables": {**variables, "QualysPodCustomRootCertPath": path}},
        Layers=[made["LayerVersionArn"]],
    )
    functions.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    return str(made["LayerVersionArn"])


def attach_by_hand(client: Callable[[str], Any], network: Network, policy_arn: str) -> None:
    """Part 4."""
    iam, functions, codebuild = (client(service) for service in ("iam", "lambda", "codebuild"))
    if policy_arn:
        iam.attach_role_policy(RoleName=SERVICE_ROLE, PolicyArn=policy_arn)
    iam.attach_role_policy(RoleName=LAMBDA_ROLE, PolicyArn=LAMBDA_VPC_POLICY)
    functions.update_function_configuration(
        FunctionName=FUNCTION,
        VpcConfig={"SubnetIds": [network.private_subnets[0]], "SecurityGroupIds": [network.security_group_id]},
    )
    functions.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    codebuild.update_project(
        name=PROJECT,
        vpcConfig={
            "vpcId": network.vpc_id,
            "subnets": [network.private_subnets[1]],
            "securityGroupIds": [network.security_group_id],
        },
    )


def take_down(client: Callable[[str], Any], built: HandBuilt) -> None:
    """Remove all that was built, by hand as well."""
    remove_scanning(client, built)
    remove_network(client, built.network)


def remove_scanning(client: Callable[[str], Any], built: HandBuilt) -> None:
    events, functions, iam = (client(service) for service in ("events", "lambda", "iam"))
    events.remove_targets(Rule=RULE, Ids=["function"])
    events.delete_rule(Name=RULE)
    functions.delete_function(FunctionName=FUNCTION)
    client("codebuild").delete_project(name=PROJECT)
    client("secretsmanager").delete_secret(SecretId=built.secret_arn, ForceDeleteWithoutRecovery=True)
    for role in (SERVICE_ROLE, LAMBDA_ROLE):
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
        for inline in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=inline)
        iam.delete_role(RoleName=role)
    if built.policy_arn:
        iam.delete_policy(PolicyArn=built.policy_arn)
    if built.layer_arn:
        layer, _, version = built.layer_arn.rpartition(":")
        functions.delete_layer_version(LayerName=layer, VersionNumber=int(version))


def remove_network(client: Callable[[str], Any], network: Network) -> None:
    ec2 = client("ec2")
    allocation = ec2.describe_addresses(PublicIps=[network.egress_address])["Addresses"][0]["AllocationId"]
    ec2.delete_nat_gateway(NatGatewayId=network.nat_gateway)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if ec2.describe_nat_gateways(NatGatewayIds=[network.nat_gateway])["NatGateways"][0]["State"] == "deleted":
            break
        time.sleep(0.05)
    ec2.release_address(AllocationId=allocation)
    for table in (network.public_table, network.private_table):
        described = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        for association in described["Associations"]:
            if not association.get("Main"):
                ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.detach_internet_gateway(InternetGatewayId=network.internet_gateway, VpcId=network.vpc_id)
    ec2.delete_internet_gateway(InternetGatewayId=network.internet_gateway)
    ec2.delete_route_table(RouteTableId=network.private_table)
    ec2.delete_vpc(VpcId=network.vpc_id)
