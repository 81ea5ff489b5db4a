"""The deployment, read back through the services' own APIs and held against the runbook, fact by fact."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.sandbox import Sandbox

PREFIX = "arn:aws:ec2:us-east-1:123456789012:subnet/"


def test_part_1_the_network_is_the_runbooks(box: Sandbox, deployed: Deployment) -> None:
    ec2, told = box.client("ec2"), deployed.network.outputs()
    vpc_filter = [{"Name": "vpc-id", "Values": [told["VpcId"]]}]
    subnets = {subnet["SubnetId"]: subnet for subnet in ec2.describe_subnets(Filters=vpc_filter)["Subnets"]}
    public = [told["PublicSubnet1Id"], told["PublicSubnet2Id"]]
    private = [told["PrivateSubnet1Id"], told["PrivateSubnet2Id"]]
    assert set(subnets) == {*public, *private}
    assert len({subnet["AvailabilityZone"] for subnet in subnets.values()}) == 1
    assert {one: subnets[one]["MapPublicIpOnLaunch"] for one in subnets} == {
        **dict.fromkeys(public, True),
        **dict.fromkeys(private, False),
    }
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = ec2.describe_vpc_attribute(VpcId=told["VpcId"], Attribute=attribute)
        assert answer[attribute[0].upper() + attribute[1:]]["Value"] is True
    tables = {route_table_name(table): table for table in ec2.describe_route_tables(Filters=vpc_filter)["RouteTables"]}
    assert associated(tables["Public-RT"]) == {*public, "main"}
    assert associated(tables["Private-RT"]) == set(private)
    gateway = ec2.describe_internet_gateways()["InternetGateways"]
    assert default_route(tables["Public-RT"])["GatewayId"] in [
        one["InternetGatewayId"]
        for one in gateway
        if one["Attachments"] and one["Attachments"][0]["VpcId"] == told["VpcId"]
    ]
    nat = ec2.describe_nat_gateways(Filters=vpc_filter)["NatGateways"][0]
    assert nat["SubnetId"] in public
    assert nat["State"] == "available"
    assert default_route(tables["Private-RT"])["NatGatewayId"] == nat["NatGatewayId"]
    address = ec2.describe_addresses(PublicIps=[deployed.egress_address()])["Addresses"][0]
    assert address["PublicIp"] == deployed.egress_address() == nat["NatGatewayAddresses"][0]["PublicIp"]
    assert address["AssociationId"] == nat["NatGatewayAddresses"][0]["AssociationId"]


def route_table_name(table: dict[str, Any]) -> str:
    return next((tag["Value"] for tag in table["Tags"] if tag["Key"] == "Name"), "")


def associated(table: dict[str, Any]) -> set[str]:
    return {"main" if one.get("Main") else one["SubnetId"] for one in table["Associations"]}


def default_route(table: dict[str, Any]) -> dict[str, Any]:
    return next(route for route in table["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0")


def test_part_2_the_policy_is_the_runbooks(box: Sandbox, deployed: Deployment) -> None:
    iam, told = box.client("iam"), deployed.network.outputs()
    attached = iam.list_attached_role_policies(RoleName="QualysECSFargateImageScanningServiceRole")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["Codebuild-Qualys-VPC-Access"]
    arn = attached[0]["PolicyArn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    first, second = document["Statement"]
    assert (first["Effect"], first["Resource"]) == ("Allow", "*")
    assert sorted(first["Action"]) == sorted(
        f"ec2:{name}"
        for name in (
            *("CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeVpcs", "DeleteNetworkInterface"),
            *("DescribeDhcpOptions", "DescribeSubnets", "DescribeSecurityGroups"),
        )
    )
    ids = ("PublicSubnet1Id", "PublicSubnet2Id", "PrivateSubnet1Id", "PrivateSubnet2Id")
    assert second == {
        "Effect": "Allow",
        "Action": "ec2:CreateNetworkInterfacePermission",
        "Resource": "arn:aws:ec2:*:123456789012:network-interface/*",
        "Condition": {
            "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
            "ArnEquals": {"ec2:Subnet": [PREFIX + told[name] for name in ids]},
        },
    }


def test_part_3_the_root_ca_lies_where_the_parameter_says(
    box: Sandbox, deployed: Deployment, authority: Authority
) -> None:
    function = box.client("lambda").get_function(FunctionName="QualysECSFargateImageScanningLambda")["Configuration"]
    assert function["Environment"]["Variables"]["QualysPodCustomRootCertPath"] == "/opt/custom-root-ca.cert"
    stack = deployed.scanning.describe()
    assert stack is not None
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert parameters["QualysPodCustomRootCertPath"] == "/opt/custom-root-ca.cert"
    assert parameters["PlatformToken"] == "****"
    key = parameters["RootCaLayerKey"]
    zipped = box.client("s3").get_object(Bucket=parameters["ArtifactBucket"], Key=key)["Body"].read()
    assert zipfile.ZipFile(io.BytesIO(zipped)).read("custom-root-ca.cert").decode() == authority.pem


def test_part_4_function_and_project_are_in_their_subnets(box: Sandbox, deployed: Deployment) -> None:
    told = deployed.network.outputs()
    function = box.client("lambda").get_function_configuration(FunctionName="QualysECSFargateImageScanningLambda")
    assert function["VpcConfig"]["SubnetIds"] == [told["PrivateSubnet1Id"]]
    assert function["VpcConfig"]["SecurityGroupIds"] == [told["DefaultSecurityGroupId"]]
    assert function["VpcConfig"]["VpcId"] == told["VpcId"]
    project = box.client("codebuild").batch_get_projects(names=["QualysECSFargateImageScanning"])["projects"][0]
    assert project["vpcConfig"] == {
        "vpcId": told["VpcId"],
        "subnets": [told["PrivateSubnet2Id"]],
        "securityGroupIds": [told["DefaultSecurityGroupId"]],
    }
    roles = box.client("iam")
    attached = roles.list_attached_role_policies(RoleName="QualysECSFargateImageScanningLambdaRole")["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    ]


def test_function_project_and_rules_are_set_up(box: Sandbox, deployed: Deployment) -> None:
    function = box.client("lambda").get_function(FunctionName=names.FUNCTION)
    configuration = function["Configuration"]
    assert configuration["Runtime"] == "python3.13"
    assert configuration["Handler"] == "landwaiter.trigger.handler.handle"
    assert function["Concurrency"] == {"ReservedConcurrentExecutions": 10}
    told = deployed.scanning.outputs()
    queue = box.client("sqs").get_queue_attributes(QueueUrl=told["DeadLetterQueueUrl"], AttributeNames=["All"])
    dead_letters = queue["Attributes"]["QueueArn"]
    assert configuration["DeadLetterConfig"] == {"TargetArn": dead_letters}
    secret = configuration["Environment"]["Variables"]["LANDWAITER_TOKEN_SECRET"]
    assert secret == told["PlatformTokenSecretArn"]
    assert secret.startswith("arn:aws:secretsmanager:us-east-1:123456789012:secret:")
    assert box.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "lw_test"
    project = box.client("codebuild").batch_get_projects(names=[names.PROJECT])["projects"][0]
    assert project["environment"]["privilegedMode"] is False
    assert project["concurrentBuildLimit"] == 20
    rules = {rule["Name"]: rule for rule in box.client("events").list_rules()["Rules"]}
    assert set(rules) == {"LandwaiterTaskRunning", "LandwaiterTaskStopped", "LandwaiterSweep"}
    assert rules["LandwaiterSweep"]["ScheduleExpression"] == "rate(15 minutes)"
    for name in ("LandwaiterTaskRunning", "LandwaiterTaskStopped"):
        target = box.client("events").list_targets_by_rule(Rule=name)["Targets"][0]
        assert target["Arn"] == configuration["FunctionArn"]
        assert target["DeadLetterConfig"] == {"Arn": dead_letters}
    for group in ("/aws/lambda/QualysECSFargateImageScanningLambda", "/aws/codebuild/QualysECSFargateImageScanning"):
        assert box.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 30


def test_the_rules_take_fargate_tasks_and_no_others(box: Sandbox, deployed: Deployment) -> None:
    rules = {
        rule["Name"]: rule["EventPattern"]
        for rule in box.client("events").list_rules()["Rules"]
        if "EventPattern" in rule
    }

    def matched(**detail: str) -> set[str]:
        event = {
            "id": "1",
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "account": "123456789012",
            "time": "2026-11-23T10:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": detail,
        }
        test = box.client("events").test_event_pattern
        return {name for name in rules if test(EventPattern=rules[name], Event=json.dumps(event))["Result"]}

    running = {"lastStatus": "RUNNING", "desiredStatus": "RUNNING"}
    stopped = {"lastStatus": "STOPPED", "desiredStatus": "STOPPED"}
    assert matched(launchType="FARGATE", **running) == {"LandwaiterTaskRunning"}
    assert matched(capacityProviderName="FARGATE_SPOT", **running) == {"LandwaiterTaskRunning"}
    assert matched(capacityProviderName="FARGATE", launchType="FARGATE", **running) == {"LandwaiterTaskRunning"}
    assert matched(launchType="FARGATE", **stopped) == {"LandwaiterTaskStopped"}
    assert matched(capacityProviderName="FARGATE_SPOT", **stopped) == {"LandwaiterTaskStopped"}
    assert matched(launchType="EC2", **running) == set()
    assert matched(capacityProviderName="my-machines", **running) == set()
    assert matched(launchType="FARGATE", lastStatus="RUNNING", desiredStatus="STOPPED") == set()
    assert matched(launchType="FARGATE", lastStatus="PENDING", desiredStatus="RUNNING") == set()


def test_a_second_run_changes_nothing(deployed: Deployment) -> None:
    results = {step.id: step.run() for step in deployed.steps()}
    assert results == {
        "network": f"unchanged; calls come from {deployed.egress_address()}",
        "main-table": "is main already",
        "allow-list": results["allow-list"],
        "code": "landwaiter-artifacts-123456789012-us-east-1, 0 of 3 zips uploaded",
        "sensor-token": "there is one",
        "scanning": "unchanged",
        "attach": "attached by the stack",
    }
    assert results["allow-list"].startswith(
        f"by hand, on the platform: landwaiter allow add {deployed.egress_address()} "
    )


def test_a_changed_setting_is_an_update(fresh_box: Sandbox, make_deployment: Callable[..., Deployment]) -> None:
    box, deployed = fresh_box, make_deployment(fresh_box)
    for step in deployed.steps():
        step.run()
    changed = make_deployment(
        box, parameters={"ConcurrentBuildLimit": "3", "ReservedConcurrency": "0"}, platform_token="lw_new"
    )
    results = {step.name: step.run() for step in changed.steps()}
    assert results["Scanning stack"] == "deployed"
    project = box.client("codebuild").batch_get_projects(names=[names.PROJECT])["projects"][0]
    assert project["concurrentBuildLimit"] == 3
    assert project["vpcConfig"]["vpcId"] == deployed.network.outputs()["VpcId"]
    function = box.client("lambda").get_function(FunctionName=names.FUNCTION)
    assert "Concurrency" not in function
    assert function["Configuration"]["VpcConfig"]["VpcId"] == deployed.network.outputs()["VpcId"]
    secret = changed.scanning.outputs()["PlatformTokenSecretArn"]
    assert box.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "lw_new"


def test_without_a_root_ca_there_is_no_layer(fresh_box: Sandbox, make_deployment: Callable[..., Deployment]) -> None:
    box = fresh_box
    for step in make_deployment(box, root_ca="").steps():
        step.run()
    function = box.client("lambda").get_function_configuration(FunctionName=names.FUNCTION)
    assert function["Layers"] == []
    assert function["Environment"]["Variables"]["QualysPodCustomRootCertPath"] == ""
    assert box.client("lambda").list_layers()["Layers"] == []


def test_undoing_leaves_nothing(fresh_box: Sandbox, make_deployment: Callable[..., Deployment]) -> None:
    box = fresh_box
    before = everything(box)
    deployment = make_deployment(box)
    for step in deployment.steps():
        step.run()
    assert everything(box) != before
    for step in deployment.undo_steps():
        step.run()
    assert everything(box) == before
    assert {step.look().state for step in deployment.undo_steps()} == {"done"}
    assert {step.id: step.run() for step in deployment.undo_steps() if step.id != "access"} == {
        "scanning": "there was none",
        "main-table": "nothing to restore",
        "network": "there was none",
        "code": "there was none",
    }


def everything(box: Sandbox) -> dict[str, list[str]]:
    """The ids of all that a deployment makes, by kind; keys that wait for their deletion and gateways that are gone aside."""
    ec2, keys = box.client("ec2"), box.client("kms")
    found = {
        "vpcs": [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"]],
        "subnets": [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]],
        "tables": [one["RouteTableId"] for one in ec2.describe_route_tables()["RouteTables"]],
        "gateways": [one["InternetGatewayId"] for one in ec2.describe_internet_gateways()["InternetGateways"]],
        "nats": [
            one["NatGatewayId"] for one in ec2.describe_nat_gateways()["NatGateways"] if one["State"] != "deleted"
        ],
        "addresses": [one["AllocationId"] for one in ec2.describe_addresses()["Addresses"]],
        "roles": [one["RoleName"] for one in box.client("iam").list_roles()["Roles"]],
        "policies": [one["Arn"] for one in box.client("iam").list_policies(Scope="Local")["Policies"]],
        "functions": [one["FunctionName"] for one in box.client("lambda").list_functions()["Functions"]],
        "layers": [one["LayerName"] for one in box.client("lambda").list_layers()["Layers"]],
        "projects": box.client("codebuild").list_projects()["projects"],
        "rules": [one["Name"] for one in box.client("events").list_rules()["Rules"]],
        "queues": box.client("sqs").list_queues().get("QueueUrls", []),
        "secrets": [one["Name"] for one in box.client("secretsmanager").list_secrets()["SecretList"]],
        "logs": [one["logGroupName"] for one in box.client("logs").describe_log_groups()["logGroups"]],
        "alarms": [one["AlarmName"] for one in box.client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "buckets": [one["Name"] for one in box.client("s3").list_buckets()["Buckets"]],
        "keys": [
            one["KeyId"]
            for one in keys.list_keys()["Keys"]
            if keys.describe_key(KeyId=one["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion"
        ],
    }
    return {kind: sorted(ids) for kind, ids in found.items()}


def test_another_region_and_account(tmp_path: Path, make_deployment: Callable[..., Deployment]) -> None:
    with Sandbox.start(tmp_path, account="210987654321", region="eu-west-1") as box:
        deployment = make_deployment(box)
        for step in deployment.steps():
            step.run()
        outputs = deployment.scanning.outputs()
        assert outputs["FunctionArn"] == f"arn:aws:lambda:eu-west-1:210987654321:function:{names.FUNCTION}"
        assert deployment.network.outputs()["SubnetArns"].startswith("arn:aws:ec2:eu-west-1:210987654321:subnet/")
        place = box.client("s3").get_bucket_location(Bucket="landwaiter-artifacts-210987654321-eu-west-1")
        assert place["LocationConstraint"] == "eu-west-1"
