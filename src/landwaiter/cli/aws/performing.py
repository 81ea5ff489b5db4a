"""Steps of a deployment on the command line: shown before they are done, done with progress, reported after."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import msgspec

from landwaiter.aws.deployment.cost import Estimate
from landwaiter.aws.deployment.stacks import StackEvent
from landwaiter.aws.deployment.steps import Step
from landwaiter.cli.terminal import progress
from landwaiter.errors import InputError, LandwaiterError
from landwaiter.printable import printable

if TYPE_CHECKING:
    from rich.status import Status

_COLOURS = {"done": "green", "failed": "red", "interrupted": "red", "by hand": "yellow", "differs": "yellow"}


class Record(msgspec.Struct, frozen=True):
    """A step and how it stands or what came of it.

    `state` is "done", "to do", "differs" or "by hand"; after a run also "failed", "interrupted" or "not reached".
    `changed` tells whether this run did something. Times are in milliseconds.
    """

    id: str
    name: str
    part: int
    describe: str
    state: str
    detail: str
    changed: bool = False
    milliseconds: int = 0

    @property
    def open(self) -> bool:
        """Tell whether there is something for us to do."""
        return self.state in {"to do", "differs"}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a command says to machines. `complete` is true when no step is left but for a person's."""

    action: str
    account: str
    region: str
    complete: bool
    steps: tuple[Record, ...]
    egress_addresses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    cost: Estimate | None = None


class Stage:
    """Where progress is shown: a spinner that the events of stacks move on; nothing when nobody looks."""

    def __init__(self) -> None:
        self._status: Status | None = None
        self._name = ""

    def tell(self, event: StackEvent) -> None:
        """Show what happened to a resource of a stack."""
        if self._status is not None:
            self._status.update(printable(f"{self._name}: {event.logical_id} {event.status}"))

    @contextmanager
    def show(self, name: str) -> Iterator[None]:
        """Show that a step is at work while the block runs."""
        self._name = name
        with progress(name) as status:
            self._status = status
            yield


def survey(steps: Sequence[Step], stage: Stage) -> tuple[Record, ...]:
    """Look at every step; nothing is changed."""
    found = []
    for step in steps:
        with stage.show(f"looking: {step.name}"):
            finding = step.look()
        found.append(Record(step.id, step.name, step.part, step.describe, finding.state, finding.detail))
    return tuple(found)


def perform(steps: Sequence[Step], stage: Stage, tell: Callable[[Record], None]) -> Iterator[Record]:
    """Do the steps in their order, each only where something is left to do; a failure is told, then raised."""
    for step in steps:
        started = time.monotonic()

        def record(
            state: str, detail: str, *, changed: bool = False, step: Step = step, started: float = started
        ) -> Record:
            took = round((time.monotonic() - started) * 1000)
            result = Record(step.id, step.name, step.part, step.describe, state, detail, changed, took)
            tell(result)
            return result

        try:
            with stage.show(step.name):
                finding = step.look()
                open_ = finding.state in {"to do", "differs"}
                detail = step.run() if open_ else finding.detail
        except LandwaiterError as error:
            yield record("failed", error.what)
            raise
        except KeyboardInterrupt:
            yield record("interrupted", "")
            raise
        except Exception as error:
            yield record("failed", str(error))
            raise
        yield record("by hand" if finding.state == "by hand" else "done", detail, changed=open_)


def show_plan(records: Sequence[Record]) -> None:
    """Print steps for people: state, name, what there is to say, and what an open step will do."""
    for record in records:
        _line(record)
        if record.open:
            click.echo(click.wrap_text(record.describe, 100, "             ", "             "))


def show_result(record: Record) -> None:
    """Print what came of a step."""
    _line(record)


def _line(record: Record) -> None:
    state = click.style(record.state.ljust(11), fg=_COLOURS.get(record.state))
    part = f"part {record.part}" if record.part else ""
    took = f"  ({record.milliseconds / 1000:.1f} s)" if record.milliseconds > 1000 else ""
    detail = f": {printable(record.detail)}" if record.detail else ""
    click.echo(f"  {state}{part:7}{record.name}{detail}{took}")


def show_cost(cost: Estimate) -> None:
    """Print an estimate for people."""
    click.echo(
        f"\nEstimated cost: ${cost.month_dollars:.2f} a month, and ${cost.thousand_tasks_dollars:.2f} per 1,000 tasks"
    )
    for title, items in (("a month", cost.month), ("1,000 tasks", cost.thousand_tasks)):
        told = ", ".join(f"{item.what} {item.amount} ${item.dollars:.2f}" for item in items)
        click.echo(click.wrap_text(f"{title}: {told}", 110, "  ", "    "))
    for assumption in cost.assumptions:
        click.echo(click.wrap_text(f"- {assumption}", 110, "  ", "    "))


def show_json(report: Report) -> None:
    """Print a report for machines."""
    click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())


def agree(question: str, *, yes: bool) -> None:
    """Ask before anything is changed. Raises InputError when there is nobody to ask."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError("Nothing was done: there is nobody to ask.", "Run it in a terminal, or with --yes.")
    click.confirm(question, abort=True, err=True)
