"""The scanning stack as steps: its code in the bucket, its sensor token, the stack itself (parts 2, 3), and part 4."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from botocore.exceptions import ClientError

from landwaiter.aws import attach, names, templates
from landwaiter.aws.ca import project as ca_project
from landwaiter.aws.ca.certificate_facts import Root
from landwaiter.aws.ca.roots import bundle_of, earliest_expiry, read_roots
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.code import package
from landwaiter.aws.code.artifacts import ArtifactBucket
from landwaiter.aws.deployment.access import NO_TOKEN, Access
from landwaiter.aws.deployment.options import DeployOptions
from landwaiter.aws.deployment.stacks import KEEP, Stack
from landwaiter.aws.deployment.steps import Finding, Step, removal
from landwaiter.aws.failures import code_of
from landwaiter.aws.network.private import PrivateNetwork
from landwaiter.aws.network.stack import look_at
from landwaiter.errors import InputError

NO_NETWORK = InputError(
    "There is no network for function and project.",
    "Make it first (landwaiter aws network up), or name your own: --vpc-id, --lambda-subnet, --codebuild-subnet.",
)
_AFTER_NETWORK = Finding("to do", "after the network")


class ScanningStack:
    """Function, project, rules and all that belongs to them. `network` gives where they run, if there is one yet."""

    def __init__(
        self,
        client: ClientFactory,
        stack: Stack,
        options: DeployOptions,
        access: Access,
        network: Callable[[], PrivateNetwork | None],
    ) -> None:
        self._client = client
        self._stack = stack
        self._options = options
        self._access = access
        self._network = network
        self._made_token = ""

    def steps(self) -> tuple[Step, ...]:
        """The steps after the network."""
        root_ca = " with a layer that puts the platform's root CA under /opt" if self._options.root_ca else ""
        return (
            Step(
                "code",
                "Code into the artifact bucket",
                3,
                f"Make the private bucket {self._bucket.name} and put the zips of function{self._layer_too} and scan "
                "job into it.",
                self._look_code,
                self._upload,
            ),
            Step(
                "sensor-token",
                "Sensor token",
                0,
                "Have the platform make a sensor token for this account, unless one is given or the stack has one.",
                self._look_token,
                self._make_token,
            ),
            Step(
                "scanning",
                "Scanning stack",
                2,
                f"Make the stack {self._stack.name}: the policy {names.VPC_POLICY}, the function {names.FUNCTION}"
                f"{root_ca}, the CodeBuild project {names.PROJECT}, their roles, the event rules, the dead-letter "
                "queue and its alarm, the token's secret, keys and logs.",
                self._look_stack,
                self._deploy,
            ),
            Step(
                "attach",
                "Function and project in the VPC",
                4,
                "Attach both policies, and put the function into the first private subnet and the project into the "
                "second one, with the VPC's default security group.",
                self._look_attached,
                self._attach,
            ),
        )

    def undo_steps(self) -> tuple[Step, Step]:
        """The steps backwards: first the stack, last of all the bucket."""
        return (
            Step(
                "scanning",
                "Delete the scanning stack",
                2,
                f"Delete the stack {self._stack.name} with all it holds, the token's secret included.",
                self._look_removal,
                self._remove,
            ),
            Step(
                "code",
                "Delete the artifact bucket",
                3,
                f"Empty and delete the bucket {self._bucket.name}.",
                lambda: removal(self._bucket.exists(), self._bucket.name),
                lambda: "deleted" if self._bucket.remove() else "there was none",
            ),
        )

    @property
    def has_token(self) -> bool:
        """Tell whether the stack can be deployed: a token is given, the stack has one, or one can be made."""
        return bool(self._options.platform_token or self._stack.parameters() or self._access.automatic)

    @cached_property
    def _bucket(self) -> ArtifactBucket:
        return ArtifactBucket(self._client)

    @cached_property
    def _artifacts(self) -> "_Artifacts":
        layer = package.root_ca_layer(self._bundle.encode()) if self._roots else None
        architecture = self._options.parameters.get("Architecture", "")
        return _Artifacts(package.trigger_zip(), _job(self._options.cache, architecture), layer)

    @cached_property
    def _roots(self) -> tuple[Root, ...]:
        return read_roots(self._options.root_ca.encode(), now=datetime.now(UTC)) if self._options.root_ca else ()

    @property
    def _bundle(self) -> str:
        return bundle_of(self._roots)

    @property
    def _root_ca_parameters(self) -> dict[str, str]:
        layer = self._artifacts.root_ca
        return {
            names.ROOT_CA_PARAMETER: package.root_ca_path() if layer else "",
            "RootCaLayerKey": layer.key if layer else "",
            **ca_project.stack_parameters(self._bundle, earliest_expiry(self._roots) if self._roots else None),
        }

    @property
    def _layer_too(self) -> str:
        return ", root CA layer" if self._options.root_ca else ""

    def _look_code(self) -> Finding:
        if not self._bucket.exists():
            return Finding("to do", f"{self._bucket.name} is not there")
        missing = self._bucket.missing(self._artifacts.all())
        if missing:
            return Finding("to do", f"{len(missing)} of {len(self._artifacts.all())} zips to upload")
        if not self._bucket.is_guarded():
            return Finding("differs", f"the policy of {self._bucket.name} is to be set")
        return Finding("done", self._bucket.name)

    def _upload(self) -> str:
        made = self._bucket.ensure()
        zips = self._artifacts.all()
        return f"{self._bucket.name}{' made' if made else ''}, {self._bucket.upload(zips)} of {len(zips)} zips uploaded"

    def _look_token(self) -> Finding:
        if self._options.platform_token:
            return Finding("done", "given")
        if self._stack.parameters():
            return Finding("done", "the stack has one")
        if self._made_token:
            return Finding("done", "made in this run")
        if self._access.automatic:
            return Finding("to do", f'to be made, with the note "{self._access.note}"')
        return Finding("by hand", NO_TOKEN.remedy)

    def _make_token(self) -> str:
        if self._options.platform_token or self._made_token or self._stack.parameters():
            return "there is one"
        if not self._access.automatic:
            raise NO_TOKEN
        self._made_token = self._access.new_token()
        return "made"

    def _look_stack(self) -> Finding:
        network, stack = self._network(), self._stack.describe()
        if stack is None or network is None:
            return Finding("to do", self._stack.name) if network else _AFTER_NETWORK
        found = look_at(self._stack, stack, templates.read("scanning"), self._wanted(network), self._options.tags)
        if found.state == "done" and not self._has_given_token():
            return Finding("differs", "to change: the sensor token")
        return found

    def _has_given_token(self) -> bool:
        """Tell whether the stack's secret holds the token that is given; one that may not be read counts as another."""
        if not self._options.platform_token:
            return True
        try:
            secret = self._client("secretsmanager").get_secret_value(
                SecretId=self._stack.outputs()["PlatformTokenSecretArn"]
            )
        except ClientError:
            return False
        return bool(secret["SecretString"] == self._options.platform_token)

    def _deploy(self) -> str:
        network = self._network()
        if network is None:
            raise NO_NETWORK
        self._make_token()
        token = self._options.platform_token or self._made_token or KEEP
        parameters = {**self._wanted(network), "PlatformToken": token}
        if parameters.get("RootCaSecret"):
            ca_project.keep_secret(self._client, self._bundle)
        changed = self._stack.deploy(templates.read("scanning"), parameters, self._options.tags)
        return "deployed" if changed else "unchanged"

    def _wanted(self, network: PrivateNetwork) -> dict[str, str | None]:
        """The parameters of the stack, but for the token; what is not set stays as it is deployed."""
        made, options = self._artifacts, self._options
        platform = {"PlatformUrl": options.platform_url, **self._root_ca_parameters}
        wanted: dict[str, str | None] = {
            **{name: KEEP for name in self._stack.parameters() if name in templates.parameter_names("scanning")},
            **(platform if options.platform_url else {}),
            "ArtifactBucket": self._bucket.name,
            "TriggerKey": made.trigger.key,
            "JobKey": made.job.key,
            "JobSha256": made.job.sums_sha256,
            "JobPythonVersion": made.job.python_version,
        }
        return {**wanted, **network.parameters, **options.parameters}

    def _look_removal(self) -> Finding:
        if self._stack.describe() is not None:
            return Finding("to do", self._stack.name)
        return removal(self._has_root_ca_secret(), f"the secret {ca_project.SECRET}")

    def _has_root_ca_secret(self) -> bool:
        """Tell whether the secret with long root CAs, which is not the stack's, is there and ours."""
        try:
            secret = self._client("secretsmanager").describe_secret(SecretId=ca_project.SECRET)
        except ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                return False
            raise
        owner = {"Key": "Application", "Value": "landwaiter"}
        return owner in secret.get("Tags", []) and "DeletedDate" not in secret

    def _remove(self) -> str:
        deleted = self._stack.delete()
        if self._has_root_ca_secret():
            deleted = ca_project.forget_secret(self._client) or deleted
        return "deleted" if deleted else "there was none"

    def _look_attached(self) -> Finding:
        network = self._network()
        if network is None or not self._stack.outputs():
            return Finding("to do", "after the scanning stack")
        left = [change.text for change in attach.attach_changes(self._client, network.placement)]
        return Finding("to do", ", ".join(left)) if left else Finding("done", "attached by the stack")

    def _attach(self) -> str:
        network = self._network()
        if network is None:
            raise NO_NETWORK
        return ", ".join(attach.attach(self._client, network.placement)) or "attached by the stack"


@functools.cache
def _job(cache: Path | None, architecture: str) -> package.JobArtifact:
    """The scan job's zip; this program's own code does not change while it runs."""
    return package.job_zip(cache, architecture=architecture)


@dataclass(frozen=True, slots=True)
class _Artifacts:
    trigger: package.Artifact
    job: package.JobArtifact
    root_ca: package.Artifact | None

    def all(self) -> list[package.Artifact]:
        return [self.trigger, self.job, *([self.root_ca] if self.root_ca else [])]
