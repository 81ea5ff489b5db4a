"""The command line on the sandbox, as an operator has it: an account for each test, and a real platform over HTTPS."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from click.testing import CliRunner, Result

from landwaiter.aws.deployment.platform_client import PlatformAdmin
from landwaiter.cli.aws.main import aws
from landwaiter.platform import administration
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.demo_platform import DemoPlatform
from landwaiter.sandbox.sandbox import Sandbox

REGION = "us-east-1"


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("aws"), task_step=0.02) as started:
        yield started


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[DemoPlatform]:
    with DemoPlatform(tmp_path_factory.mktemp("platform"), authority) as started:
        yield started.start()


@pytest.fixture(scope="session")
def admin_token(platform: DemoPlatform) -> str:
    return administration.create_token(platform.settings, "admin", note="tests").text


@pytest.fixture
def admin(platform: DemoPlatform, admin_token: str, authority: Authority) -> Iterator[PlatformAdmin]:
    with PlatformAdmin(platform.url, admin_token, authority.pem) as client:
        yield client


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@dataclass
class Operator:
    """Somebody with an AWS account of their own in the sandbox, who runs `landwaiter aws`."""

    box: Sandbox
    account: str
    environment: dict[str, str]
    settings: Path
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                region_name=REGION,
                endpoint_url=self.box.endpoint,
                aws_access_key_id=self.account,
                aws_secret_access_key="sandbox",
                config=Config(s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    def run(self, *arguments: str, **environment: str) -> Result:
        """Run a command; flags of the settings come from the operator's file."""
        return CliRunner().invoke(aws, list(arguments), env={**self.environment, **environment}, catch_exceptions=True)

    def report(self, *arguments: str, **environment: str) -> dict[str, Any]:
        """Run a command that must succeed with --format json; its report."""
        result = self.run(*arguments, "--format", "json", **environment)
        assert result.exit_code == 0, (result.output, result.exception)
        return json.loads(result.stdout)

    def states(self, *arguments: str) -> dict[str, str]:
        result = self.run(*arguments, "--format", "json")
        return {step["id"]: step["state"] for step in json.loads(result.stdout)["steps"]}

    def outputs(self, stack: str = "landwaiter-network") -> dict[str, str]:
        stacks = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stacks[0]["Outputs"]}

    def resources(self) -> dict[str, list[str]]:
        """The ids of all that a deployment makes, by kind; keys that wait for deletion and gateways that are gone aside."""
        ec2, keys, iam = self.client("ec2"), self.client("kms"), self.client("iam")
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        main = ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])["RouteTables"]
        found = {
            "stacks": [one["StackName"] for one in stacks if one["StackStatus"] != "DELETE_COMPLETE"],
            "vpcs": [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"]],
            "subnets": [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]],
            "tables": [one["RouteTableId"] for one in ec2.describe_route_tables()["RouteTables"]],
            "main tables": [one["RouteTableId"] for one in main],
            "gateways": [one["InternetGatewayId"] for one in ec2.describe_internet_gateways()["InternetGateways"]],
            "nats": [
                one["NatGatewayId"] for one in ec2.describe_nat_gateways()["NatGateways"] if one["State"] != "deleted"
            ],
            "addresses": [one["AllocationId"] for one in ec2.describe_addresses()["Addresses"]],
            "marks": [
                one["ResourceId"]
                for one in ec2.describe_tags()["Tags"]
                if one["Key"].startswith("landwaiter") and one["ResourceId"].startswith("rtb-")
            ],
            "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]],
            "policies": [one["Arn"] for one in iam.list_policies(Scope="Local")["Policies"]],
            "functions": [one["FunctionName"] for one in self.client("lambda").list_functions()["Functions"]],
            "layers": [one["LayerName"] for one in self.client("lambda").list_layers()["Layers"]],
            "projects": self.client("codebuild").list_projects()["projects"],
            "rules": [one["Name"] for one in self.client("events").list_rules()["Rules"]],
            "queues": self.client("sqs").list_queues().get("QueueUrls", []),
            "secrets": [one["Name"] for one in self.client("secretsmanager").list_secrets()["SecretList"]],
            "logs": [one["logGroupName"] for one in self.client("logs").describe_log_groups()["logGroups"]],
            "alarms": [one["AlarmName"] for one in self.client("cloudwatch").describe_alarms()["MetricAlarms"]],
            "buckets": [one["Name"] for one in self.client("s3").list_buckets()["Buckets"]],
            "keys": [
                one["KeyId"]
                for one in keys.list_keys()["Keys"]
                if keys.describe_key(KeyId=one["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion"
            ],
        }
        return {kind: sorted(ids) for kind, ids in found.items()}


_taken = iter(range(1, 10_000))


@pytest.fixture
def make_operator(
    box: Sandbox,
    platform: DemoPlatform,
    authority: Authority,
    admin_token: str,
    home: Path,
    tmp_path: Path,
    worker_id: str,
) -> Callable[..., Operator]:
    """Make an operator with a new account and a file of settings that names the platform and its root CA."""

    def make(**settings: str) -> Operator:
        account = f"{int(re.sub(r'[^0-9]', '', worker_id) or 0) + 5}{next(_taken):011}"
        file = tmp_path / f"{account}.toml"
        (tmp_path / "root-ca.pem").write_text(authority.pem)
        lines = {"platform_url": f'"{platform.url}"', "root_ca_file": '"root-ca.pem"', **settings}
        file.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
        environment = {
            "AWS_ENDPOINT_URL": box.endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": REGION,
            "LANDWAITER_HOME": str(home),
            "LANDWAITER_AWS_CONFIG": str(file),
            "LANDWAITER_ADMIN_TOKEN": admin_token,
            "LANDWAITER_TOKEN": "",
        }
        return Operator(box, account, environment, file)

    return make


@pytest.fixture
def operator(make_operator: Callable[..., Operator]) -> Operator:
    return make_operator()


@pytest.fixture
def noted(admin: PlatformAdmin) -> Callable[[Operator], tuple[list[str], list[str]]]:
    """The networks and the live tokens that the platform has of an operator's deployment."""

    def look(operator: Operator) -> tuple[list[str], list[str]]:
        note = f"landwaiter aws: {operator.account}/{REGION}"
        networks = [one.network for one in admin.allow_list() if one.note == note]
        return networks, [one.prefix for one in admin.tokens() if one.note == note and not one.revoked]

    return look


@pytest.fixture
def in_rollback(operator: Operator) -> Iterator[str]:
    """A name of the scanning stack that is taken, so that the stack is rolled back."""
    name = "/aws/codebuild/QualysECSFargateImageScanning"
    operator.client("logs").create_log_group(logGroupName=name)
    yield name
    with suppress(Exception):
        operator.client("logs").delete_log_group(logGroupName=name)
