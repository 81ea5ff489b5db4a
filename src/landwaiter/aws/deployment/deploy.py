"""The deployment as an ordered list of named steps, and the same list backwards to take it down.

Each step may be run again: it finds what it made and changes only what differs.
"""

import functools
from functools import cached_property

from landwaiter.aws import names
from landwaiter.aws.ca.project import variable_text
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.deployment.access import NO_TOKEN, Access, PlatformLogin
from landwaiter.aws.deployment.options import DeployOptions
from landwaiter.aws.deployment.scanning_stack import NO_NETWORK, ScanningStack
from landwaiter.aws.deployment.stacks import OWNER_TAGS, Progress, Stack, StackEvent
from landwaiter.aws.deployment.steps import Finding, Step
from landwaiter.aws.network.private import OwnNetwork, PrivateNetwork, of_operator, of_stack
from landwaiter.aws.network.stack import NetworkStack
from landwaiter.errors import InputError

__all__ = ["DeployOptions", "Deployment", "Step"]


def _silent(_event: StackEvent) -> None:
    pass


class Deployment:
    """Parts 1 to 4 of the runbook in one account and region. `progress` is told every event of the stacks."""

    def __init__(self, client: ClientFactory, options: DeployOptions, progress: Progress = _silent) -> None:
        self._client = client
        self._options = options
        cloudformation = client("cloudformation")
        stack = functools.partial(Stack, cloudformation, progress=progress, poll=options.poll, owner=OWNER_TAGS)
        self.network = stack(names.NETWORK_STACK)
        self.scanning = stack(names.SCANNING_STACK)
        self.account = str(client("sts").get_caller_identity()["Account"])
        self.region = str(cloudformation.meta.region_name)

    def steps(self) -> tuple[Step, ...]:
        """All steps, in the runbook's order."""
        return (*self.network_steps(), *self.scanning_steps())

    def network_steps(self) -> tuple[Step, ...]:
        """Part 1: a network of our own, or a look at the operator's; and its address in the platform's allow list."""
        first = (self._own_network_step(),) if self._own_named else self._network_stack.steps()
        return (*first, self._access.admission(self.egress_addresses))

    def scanning_steps(self) -> tuple[Step, ...]:
        """Parts 2 to 4."""
        return self._scanning_stack.steps()

    def undo_steps(self) -> tuple[Step, ...]:
        """The steps that remove all that `steps` made, whatever the settings are by now."""
        scanning, code = self._scanning_stack.undo_steps()
        return (self._withdrawal, scanning, *self._network_stack.undo_steps(), code)

    def undo_network_steps(self) -> tuple[Step, ...]:
        """The steps that remove part 1. Raises `InputError` while the scanning stack still lives in it."""
        vpc_id = self.network.outputs().get("VpcId")
        if vpc_id and self.scanning.parameters().get("VpcId") == vpc_id:
            raise InputError(
                f"The stack {self.scanning.name} lives in this network.",
                "Take it down first (landwaiter aws stack down), or everything (landwaiter aws down).",
            )
        return (self._withdrawal, *self._network_stack.undo_steps())

    def undo_scanning_steps(self) -> tuple[Step, ...]:
        """The steps that remove parts 2 to 4, and leave the network."""
        return self._scanning_stack.undo_steps()

    def check(self) -> None:
        """Refuse, before anything is made, what could not be finished. Raises `InputError`."""
        if not self._options.platform_url and not self.scanning.parameters():
            raise InputError("No platform is named.", "Give its URL: --platform-url, or platform_url in the settings.")
        if not self._scanning_stack.has_token:
            raise NO_TOKEN

    def check_network(self) -> None:
        """Refuse to deploy the scanning stack alone where there is no network. Raises `InputError`."""
        if self.private_network() is None:
            raise NO_NETWORK

    def warnings(self) -> tuple[str, ...]:
        """What is not wrong, but worth knowing beforehand."""
        return () if self._own_named else self._network_stack.warnings()

    @property
    def gateways(self) -> int:
        """How many NAT gateways of ours there are, or will be."""
        return 0 if self._own_named else self._network_stack.zones

    def egress_addresses(self) -> tuple[str, ...]:
        """The addresses from which the platform is called; empty before there is a network."""
        network = self.private_network()
        return network.egress_addresses if network else ()

    def egress_address(self) -> str:
        """The first of `egress_addresses`, "" before there is a network."""
        return next(iter(self.egress_addresses()), "")

    def private_network(self) -> PrivateNetwork | None:
        """Where function and project run; None before our network stack exists."""
        if self._own_named:
            return self._own_network
        outputs = self.network.outputs()
        return of_stack(outputs) if outputs else None

    @cached_property
    def _own_named(self) -> OwnNetwork | None:
        """The operator's network as the settings name it, or as the scanning stack was deployed into it."""
        present = self.scanning.parameters()
        if self._options.own_network or not present.get("VpcId") or self.network.describe():
            return self._options.own_network
        return OwnNetwork(
            present["VpcId"], present["LambdaSubnetId"], present["CodeBuildSubnetId"], present["SecurityGroupId"]
        )

    @cached_property
    def _own_network(self) -> PrivateNetwork:
        if self._own_named is None:
            raise NO_NETWORK
        return of_operator(self._client, self._own_named)

    def _own_network_step(self) -> Step:
        def found() -> str:
            network = self._own_network
            return f"{network.vpc_id}; calls come from {', '.join(network.egress_addresses)}"

        return Step(
            "network",
            "Network of your own",
            1,
            "Check VPC, subnets and their way out; nothing in them is changed.",
            lambda: Finding("done", found()),
            found,
        )

    @cached_property
    def _access(self) -> Access:
        # Taking down needs no settings: the stack knows its platform.
        present = {} if self._options.platform_url else self.scanning.parameters()
        url = self._options.platform_url or present.get("PlatformUrl", "")
        published = variable_text(self._client) if present.get("RootCaSecret") else present.get("RootCaPem", "")
        root_ca = self._options.root_ca or published
        return Access(PlatformLogin(url, self._options.admin_token, root_ca), self.account, self.region)

    @property
    def _withdrawal(self) -> Step:
        def stack_addresses() -> tuple[str, ...]:
            outputs = self.network.outputs()
            return of_stack(outputs).egress_addresses if outputs else ()

        return self._access.removal(stack_addresses, lambda: bool(self.network.describe() or self.scanning.describe()))

    @cached_property
    def _network_stack(self) -> NetworkStack:
        return NetworkStack(self._client("ec2"), self.network, self._options.layout, self._options.tags)

    @cached_property
    def _scanning_stack(self) -> ScanningStack:
        return ScanningStack(self._client, self.scanning, self._options, self._access, self.private_network)
