"""Mending what wakes the function: our rules as the template has them; anybody's enabled, aimed and permitted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.doctor.estate import Estate, Function, Rule
from landwaiter.aws.doctor.event_checks import (
    RUNNING,
    aims,
    permits,
    running_rules,
    stopped_rules,
    sweep_rules,
)
from landwaiter.aws.doctor.function_checks import function_of
from landwaiter.errors import InputError

_FARGATE = [{"launchType": ["FARGATE"]}, {"capacityProviderName": ["FARGATE", "FARGATE_SPOT"]}]
_SWEEP = "LandwaiterSweep"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A rule as the template has it: what it matches, or when it runs, and a sample that its pattern must take."""

    name: str
    detail: Mapping[str, object] | None = None
    schedule: str = ""
    sample: str = ""

    def request(self) -> dict[str, str]:
        if self.detail is None:
            return {"ScheduleExpression": self.schedule}
        pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": self.detail}
        return {"EventPattern": json.dumps(pattern)}


_RUNNING = _Wanted(
    RUNNING,
    {"lastStatus": ["RUNNING"], "desiredStatus": ["RUNNING"], "$or": _FARGATE},
    sample="fargate running",
)
_STOPPED = _Wanted("LandwaiterTaskStopped", {"lastStatus": ["STOPPED"], "$or": _FARGATE}, sample="fargate stopped")
_SWEEPING = _Wanted(_SWEEP, schedule="rate(15 minutes)")


def mend_running(client: ClientFactory, estate: Estate) -> str:
    """Mend the rule for tasks that come into RUNNING; say what was done."""
    return _mend(client, estate, _best(running_rules(estate)), _RUNNING)


def mend_stopped(client: ClientFactory, estate: Estate) -> str:
    """Mend the rule for tasks that stop; say what was done."""
    return _mend(client, estate, _best(stopped_rules(estate)), _STOPPED)


def mend_sweep(client: ClientFactory, estate: Estate) -> str:
    """Mend the rule of the sweep; say what was done."""
    return _mend(client, estate, _best(sweep_rules(estate)), _SWEEPING)


def _best(rules: tuple[Rule, ...]) -> Rule | None:
    return max(rules, key=lambda one: (one.enabled, bool(one.targets)), default=None)


def _mend(client: ClientFactory, estate: Estate, rule: Rule | None, wanted: _Wanted) -> str:
    function, events = function_of(estate), client("events")
    if rule is None:
        return _make(client, function, wanted)
    done = []
    if wanted.sample and wanted.sample not in rule.matches:
        done.append(_correct(events, rule, wanted))
    if not rule.enabled:
        events.enable_rule(Name=rule.name)
        done.append(f"Enabled {rule.name}.")
    if not aims(rule, function):
        _aim(events, rule.name, function)
        done.append(f"Made the function a target of {rule.name}.")
    if not permits(estate, rule):
        _permit(client("lambda"), rule.name, rule.arn)
        done.append(f"Let {rule.name} invoke the function.")
    return " ".join(done)


def _make(client: ClientFactory, function: Function, wanted: _Wanted) -> str:
    if not function.ours:
        raise InputError("The function does not run Landwaiter's code; what wakes it is its owner's.")
    arn = client("events").put_rule(Name=wanted.name, State="ENABLED", **wanted.request())["RuleArn"]
    _aim(client("events"), wanted.name, function)
    _permit(client("lambda"), wanted.name, arn)
    return f"Made the rule {wanted.name}."


def _correct(events: Any, rule: Rule, wanted: _Wanted) -> str:  # noqa: ANN401 - a boto3 client
    if rule.name != wanted.name:
        raise InputError(f"The pattern of {rule.name} is not ours to change.", "Change it in EventBridge.")
    description = events.describe_rule(Name=rule.name).get("Description", "")
    state = "ENABLED" if rule.enabled else "DISABLED"
    events.put_rule(Name=rule.name, State=state, Description=description, **wanted.request())
    return f"Gave {rule.name} its pattern."


def _aim(events: Any, rule: str, function: Function) -> None:  # noqa: ANN401 - a boto3 client
    target: dict[str, Any] = {"Id": "Trigger", "Arn": function.arn}
    if ":sqs:" in function.dead_letters:
        target["DeadLetterConfig"] = {"Arn": function.dead_letters}
    taken = {one["Id"] for one in events.list_targets_by_rule(Rule=rule)["Targets"]}
    if target["Id"] in taken:
        target["Id"] = "LandwaiterTrigger"
    events.put_targets(Rule=rule, Targets=[target])


def _permit(functions: Any, rule: str, arn: str) -> None:  # noqa: ANN401 - a boto3 client
    request = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com", "SourceArn": arn}
    try:
        functions.add_permission(FunctionName=names.FUNCTION, StatementId=f"Doctor-{rule}", **request)
    except functions.exceptions.ResourceConflictException:
        # The statement of an earlier repair is there and does not help: the rule was made anew under another ARN.
        functions.add_permission(FunctionName=names.FUNCTION, StatementId=f"Doctor-{rule}-{arn[-8:]}", **request)
