"""How the commands of the lifecycle run: the same for all of the deployment and for a part of it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.deployment.config import DeployConfig
from landwaiter.aws.deployment.cost import Estimate, Usage, estimate
from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.aws.deployment.steps import Step
from landwaiter.cli.aws import performing
from landwaiter.cli.aws.performing import Record, Report, Stage
from landwaiter.cli.aws.settings import options_with_secrets
from landwaiter.errors import CheckFailedError
from landwaiter.printable import printable

if TYPE_CHECKING:
    from typing import TypeAlias

    Steps: TypeAlias = Callable[[Deployment], Sequence[Step]]


class Run:
    """One command on one deployment; `form` is "table" or "json"."""

    def __init__(self, client: ClientFactory, config: DeployConfig, form: str) -> None:
        self._stage = Stage()
        self._config = config
        self._form = form
        self._deployment = Deployment(client, options_with_secrets(config), self._stage.tell)

    def plan(self, steps: "Steps") -> None:
        """Show what there is to do, and what it costs."""
        found = performing.survey(steps(self._deployment), self._stage)
        self._introduce()
        self._say("plan", found, warnings=self._deployment.warnings(), cost=self._cost())

    def status(self, steps: "Steps") -> None:
        """Show how far the deployment is. Raises CheckFailedError when something is missing or differs."""
        found = performing.survey(steps(self._deployment), self._stage)
        self._introduce()
        self._say("status", found, cost=self._cost())
        if any(record.open for record in found):
            raise CheckFailedError("")

    def up(self, steps: "Steps", *, yes: bool, needs_platform: bool = True) -> None:
        """Do what is left to do, after asking."""
        if needs_platform:
            self._deployment.check()
        found = performing.survey(steps(self._deployment), self._stage)
        cost = self._cost()
        if self._people:
            self._introduce()
            performing.show_plan(found)
            self._warn(self._deployment.warnings())
            performing.show_cost(cost)
        if any(record.open for record in found):
            self._tell("")
            performing.agree("Do this now?", yes=yes)
            found = self._perform("up", steps(self._deployment), cost)
        else:
            self._tell("\nNothing to do: all is deployed as asked for.")
        self._finish("up", found, cost)

    def down(self, steps: "Steps", *, yes: bool) -> None:
        """Remove what there is, after asking."""
        found = performing.survey(steps(self._deployment), self._stage)
        if self._people:
            self._introduce()
            performing.show_plan(found)
        if any(record.open for record in found):
            self._tell("")
            performing.agree("Remove this now?", yes=yes)
            found = self._perform("down", steps(self._deployment), None)
        else:
            self._tell("\nNothing to remove.")
        self._finish("down", found, None)

    @property
    def _people(self) -> bool:
        return self._form != "json"

    def _perform(self, action: str, steps: Sequence[Step], cost: Estimate | None) -> tuple[Record, ...]:
        done: list[Record] = []
        tell = performing.show_result if self._people else _nothing
        try:
            for record in performing.perform(steps, self._stage, tell):
                done.append(record)  # noqa: PERF402 - what was done before a failure is reported
        except BaseException:
            click.echo(f"Stopped: what is done stays done, and `landwaiter aws {action}` goes on from here.", err=True)
            if not self._people:
                left = [_not_reached(step) for step in steps[len(done) :]]
                self._report(action, (*done, *left), cost=cost, complete=False, addresses=())
            raise
        return tuple(done)

    def _finish(self, action: str, found: Sequence[Record], cost: Estimate | None) -> None:
        addresses = self._deployment.egress_addresses() if action == "up" else ()
        if not self._people:
            self._report(action, found, cost=cost, complete=True, addresses=addresses)
            return
        if addresses:
            click.echo(f"\nThe platform is called from {', '.join(addresses)}")
        for record in found:
            if record.state == "by hand":
                click.secho(f"Left to you: {printable(record.detail)}", fg="yellow")

    def _say(self, action: str, found: Sequence[Record], *, cost: Estimate, warnings: tuple[str, ...] = ()) -> None:
        addresses = self._deployment.egress_addresses()
        if not self._people:
            complete = not any(record.open for record in found)
            self._report(action, found, cost=cost, complete=complete, addresses=addresses, warnings=warnings)
            return
        performing.show_plan(found)
        self._warn(warnings)
        if addresses:
            click.echo(f"\nThe platform is called from {', '.join(addresses)}")
        performing.show_cost(cost)

    def _report(
        self,
        action: str,
        found: Sequence[Record],
        *,
        cost: Estimate | None,
        complete: bool,
        addresses: tuple[str, ...],
        warnings: tuple[str, ...] = (),
    ) -> None:
        performing.show_json(
            Report(
                action=action,
                account=self._deployment.account,
                region=self._deployment.region,
                complete=complete,
                steps=tuple(found),
                egress_addresses=addresses,
                warnings=warnings,
                cost=cost,
            )
        )

    def _introduce(self) -> None:
        self._tell(f"Account {self._deployment.account}, region {self._deployment.region}\n")

    def _tell(self, text: str) -> None:
        if self._people:
            click.echo(text)

    def _warn(self, warnings: Sequence[str]) -> None:
        for warning in warnings:
            click.secho(f"  note: {printable(warning)}", fg="yellow")

    def _cost(self) -> Estimate:
        return estimate(
            self._deployment.region,
            Usage(
                gateways=self._deployment.gateways,
                architecture=self._config.architecture,
                sweep_minutes=self._config.sweep_minutes,
            ),
        )


def _nothing(_record: Record) -> None:
    pass


def _not_reached(step: Step) -> Record:
    return Record(step.id, step.name, step.part, step.describe, "not reached", "")
