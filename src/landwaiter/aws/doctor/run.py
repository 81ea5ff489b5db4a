"""Running the checks over an estate, and mending what they find."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from landwaiter.aws.doctor.checks import CHECKS
from landwaiter.aws.doctor.estate import Estate, NotSeenError
from landwaiter.aws.doctor.models import Check, Finding, Outcome, Status, mending, skipped
from landwaiter.aws.doctor.repairs import REPAIRS, Tools
from landwaiter.aws.failures import explained
from landwaiter.errors import InputError, LandwaiterError

_MOST_ROUNDS = 4


def choose(only: Iterable[str]) -> tuple[Check, ...]:
    """The checks with these ids, or whose id begins so ("LW-NET"); all of them when none is named.

    Raises `InputError` for an id that there is not, with the nearest one that there is.
    """
    wanted = [one.upper() for one in only]
    for one in wanted:
        if not any(_fits(check.id, one) for check in CHECKS):
            near = difflib.get_close_matches(one, [check.id for check in CHECKS], 1)
            raise InputError(
                f"There is no check {one}.", f"Did you mean {near[0]}?" if near else "See the list in docs."
            )
    return tuple(check for check in CHECKS if not wanted or any(_fits(check.id, one) for one in wanted))


def _fits(check_id: str, wanted: str) -> bool:
    return check_id == wanted or check_id.startswith(wanted.rstrip("-") + "-")


def examine(estate: Estate, checks: Sequence[Check] = CHECKS) -> tuple[Finding, ...]:
    """Run checks over what was seen."""
    return tuple(_finding(check, _outcome(check, estate)) for check in checks)


def _outcome(check: Check, estate: Estate) -> Outcome:
    try:
        return check.decide(estate)
    except NotSeenError as error:
        return skipped(str(error))


def _finding(check: Check, outcome: Outcome) -> Finding:
    return Finding(
        id=check.id,
        title=check.title,
        status=outcome.status,
        found=outcome.found,
        why=check.why,
        mend=mending(check, outcome),
        fixable=check.id in REPAIRS,
        runbook=check.runbook,
    )


def mend(
    read: Callable[[], Estate], tools: Tools, checks: Sequence[Check] = CHECKS
) -> tuple[Estate, tuple[Finding, ...]]:
    """Check, mend what failed and can be mended, and check again, until nothing more can be done.

    One repair may make another possible (a gateway that is attached can be led to), so there are a few rounds. Each
    finding tells in `done` what was done for it, or why that did not work.
    """
    told: dict[str, list[str]] = {}
    for _ in range(_MOST_ROUNDS):
        estate = read()
        findings = examine(estate, checks)
        if not _repair(findings, tools, estate, told):
            break
    else:
        estate = read()
        findings = examine(estate, checks)
    return estate, tuple(replace(one, done=" ".join(told.get(one.id, ()))) for one in findings)


def _repair(findings: Iterable[Finding], tools: Tools, estate: Estate, told: dict[str, list[str]]) -> bool:
    """Mend each thing once a round, and each check at most as often as it says something new."""
    mended = False
    used = set()
    for finding in findings:
        repair = REPAIRS.get(finding.id)
        if finding.status is not Status.FAILED or repair is None or repair in used:
            continue
        used.add(repair)
        said, worked = _attempt(finding.id, tools, estate)
        if said and said not in told.setdefault(finding.id, []):
            told[finding.id].append(said)
            mended = mended or worked
    return mended


def _attempt(check_id: str, tools: Tools, estate: Estate) -> tuple[str, bool]:
    try:
        with explained(f"mending {check_id}"):
            return REPAIRS[check_id](tools, estate), True
    except NotSeenError as error:
        return f"Not mended: {error}", False
    except LandwaiterError as error:
        return f"Not mended: {error.what} {error.remedy}".strip(), False
