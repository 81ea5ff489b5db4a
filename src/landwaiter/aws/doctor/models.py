"""What a check is and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from landwaiter.aws.doctor.estate import Estate


class Status(StrEnum):
    """How a check ended. A check that could not see what it needs is skipped, never passed."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found, in a sentence; `values` fill the placeholders of the check's mending command."""

    status: Status
    found: str
    values: Mapping[str, str] = field(default_factory=dict)


Decide = Callable[[Estate], Outcome]


@dataclass(frozen=True, slots=True)
class Check:
    """One fact that must hold.

    `id` is stable for good. `describes` says when it passes. `runbook` says where the guide has it, "" where practice
    taught it. `mend` is the command that mends it, with placeholders such as `{vpc}`.
    """

    id: str
    title: str
    why: str
    mend: str
    runbook: str
    describes: str
    decide: Decide

    @property
    def generic_mend(self) -> str:
        """The mending command with names such as <vpc> where the real ones belong."""
        return self.mend.format_map(_Placeholders())


class _Placeholders(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check on one account, ready to be shown. `done` says what mending did, "" when nothing."""

    id: str
    title: str
    status: Status
    found: str
    why: str
    mend: str
    fixable: bool
    runbook: str = ""
    done: str = ""


def check(id_: str, title: str, *, why: str, mend: str, runbook: str = "") -> Callable[[Decide], Check]:
    """Make a function over the estate a check; its docstring says when it passes."""

    def made(decide: Decide) -> Check:
        return Check(id_, title, why, mend, runbook, (decide.__doc__ or "").strip(), decide)

    return made


def passed(found: str) -> Outcome:
    """All is well."""
    return Outcome(Status.PASSED, found)


def failed(found: str, **values: str) -> Outcome:
    """The fact does not hold."""
    return Outcome(Status.FAILED, found, values)


def warned(found: str, **values: str) -> Outcome:
    """It works, but someone should look."""
    return Outcome(Status.WARNED, found, values)


def skipped(reason: str) -> Outcome:
    """The check does not apply here."""
    return Outcome(Status.SKIPPED, reason)


def mending(check_: Check, outcome: Outcome) -> str:
    """The command that mends this outcome, "" when nothing is wrong."""
    if outcome.status not in {Status.FAILED, Status.WARNED}:
        return ""
    return check_.mend.format_map(_Placeholders(outcome.values))
