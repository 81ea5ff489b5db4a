"""The deployment as an ordered list of named steps, and the same list backwards to take it down.

Each step may be run again: it finds what it made and changes only what differs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from landwaiter.aws import attach, names, network, package, templates
from landwaiter.aws.artifacts import ArtifactBucket
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.stacks import Progress, Stack, StackEvent

_TAGS = {"Application": "landwaiter"}


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """What to deploy. `root_ca` is the platform's custom root CA as PEM, "" with a well-known one.

    `parameters` are further parameters of the scanning template. `cache` keeps the job's zip between runs. `poll` is
    the time between two looks at a stack, in seconds.
    """

    platform_url: str
    platform_token: str
    root_ca: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    cache: Path | None = None
    poll: float = 2.0

    def __repr__(self) -> str:
        return f"DeployOptions(platform_url={self.platform_url!r})"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, and how to run it; running gives one line about what came of it."""

    name: str
    run: Callable[[], str]


def _silent(_event: StackEvent) -> None:
    pass


class Deployment:
    """Parts 1 to 4 of the runbook in one account and region. `progress` is told every event of the stacks."""

    def __init__(self, client: ClientFactory, options: DeployOptions, progress: Progress = _silent) -> None:
        self._client = client
        self._options = options
        cloudformation = client("cloudformation")
        self.network = Stack(cloudformation, names.NETWORK_STACK, progress=progress, poll=options.poll)
        self.scanning = Stack(cloudformation, names.SCANNING_STACK, progress=progress, poll=options.poll)
        self._artifacts: _Artifacts | None = None

    def steps(self) -> tuple[Step, ...]:
        """The steps, in order."""
        return (
            Step("Code into the artifact bucket", self._upload),
            Step("Network stack", self._deploy_network),
            Step("Public-RT becomes the main route table", self._make_main),
            Step("Scanning stack", self._deploy_scanning),
            Step("Function and project in the VPC", self._attach),
        )

    def undo_steps(self) -> tuple[Step, ...]:
        """The steps that remove all that `steps` made."""
        return (
            Step("Delete the scanning stack", lambda: _removed(done=self.scanning.delete())),
            Step("Restore the main route table", self._restore_main),
            Step("Delete the network stack", lambda: _removed(done=self.network.delete())),
            Step("Delete the artifact bucket", lambda: _removed(done=ArtifactBucket(self._client).remove())),
        )

    def egress_address(self) -> str:
        """The Elastic IP from which the platform is called; "" before the network stack exists."""
        return self.network.outputs().get("EgressAddress", "")

    def _upload(self) -> str:
        bucket = ArtifactBucket(self._client)
        made = bucket.ensure()
        self._artifacts = artifacts = self._made_artifacts(bucket)
        uploads = bucket.upload(artifacts.all())
        return f"{bucket.name}{' made' if made else ''}, {uploads} of {len(artifacts.all())} zips uploaded"

    def _made_artifacts(self, bucket: ArtifactBucket) -> "_Artifacts":
        if self._artifacts is None:
            layer = package.root_ca_layer(self._options.root_ca.encode()) if self._options.root_ca else None
            self._artifacts = _Artifacts(
                bucket.name, package.trigger_zip(), package.job_zip(self._options.cache), layer
            )
        return self._artifacts

    def _deploy_network(self) -> str:
        changed = self.network.deploy(templates.read("network"), {}, _TAGS)
        return f"{'deployed' if changed else 'unchanged'}; calls come from {self.egress_address()}"

    def _make_main(self) -> str:
        outputs = self.network.outputs()
        changed = network.make_main(self._client("ec2"), outputs["VpcId"], outputs["PublicRouteTableId"])
        return "made main" if changed else "is main already"

    def _restore_main(self) -> str:
        vpc_id = self.network.outputs().get("VpcId", "")
        changed = bool(vpc_id) and network.restore_main(self._client("ec2"), vpc_id)
        return "restored" if changed else "nothing to restore"

    def _deploy_scanning(self) -> str:
        changed = self.scanning.deploy(templates.read("scanning"), self._scanning_parameters(), _TAGS)
        return "deployed" if changed else "unchanged"

    def _scanning_parameters(self) -> dict[str, str]:
        artifacts = self._made_artifacts(ArtifactBucket(self._client))
        outputs = self.network.outputs()
        return {
            "PlatformUrl": self._options.platform_url,
            "PlatformToken": self._options.platform_token,
            names.ROOT_CA_PARAMETER: package.root_ca_path() if artifacts.root_ca else "",
            "RootCaLayerKey": artifacts.root_ca.key if artifacts.root_ca else "",
            "RootCaPem": self._options.root_ca,
            "ArtifactBucket": artifacts.bucket,
            "TriggerKey": artifacts.trigger.key,
            "JobKey": artifacts.job.key,
            "JobSha256": artifacts.job.sums_sha256,
            "JobPythonVersion": artifacts.job.python_version,
            "VpcId": outputs["VpcId"],
            "LambdaSubnetId": outputs["PrivateSubnet1Id"],
            "CodeBuildSubnetId": outputs["PrivateSubnet2Id"],
            "SecurityGroupId": outputs["DefaultSecurityGroupId"],
            "SubnetArns": outputs["SubnetArns"],
            **self._options.parameters,
        }

    def _attach(self) -> str:
        outputs = self.network.outputs()
        placement = attach.Placement(
            outputs["VpcId"],
            outputs["PrivateSubnet1Id"],
            outputs["PrivateSubnet2Id"],
            outputs["DefaultSecurityGroupId"],
        )
        return ", ".join(attach.attach(self._client, placement)) or "attached by the stack"


@dataclass(frozen=True, slots=True)
class _Artifacts:
    bucket: str
    trigger: package.Artifact
    job: package.JobArtifact
    root_ca: package.Artifact | None

    def all(self) -> list[package.Artifact]:
        return [self.trigger, self.job, *([self.root_ca] if self.root_ca else [])]


def _removed(*, done: bool) -> str:
    return "deleted" if done else "there was none"
