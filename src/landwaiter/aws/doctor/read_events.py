"""Reading what wakes the function: the rules with their targets, and the queues of events that could not be handled."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from landwaiter.aws.doctor.estate import Function, Queue, Rule, Target, Unseen
from landwaiter.aws.doctor.reading import Account, absent, attempt

_RUNNING = {"lastStatus": "RUNNING", "desiredStatus": "RUNNING"}
_STOPPED = {"lastStatus": "STOPPED", "desiredStatus": "STOPPED"}
SAMPLES: Mapping[str, Mapping[str, str]] = {
    "fargate running": {"launchType": "FARGATE", **_RUNNING},
    "spot running": {"capacityProviderName": "FARGATE_SPOT", **_RUNNING},
    "fargate stopped": {"launchType": "FARGATE", **_STOPPED},
}
"""Details of the events that each rule's pattern is tried on, by EventBridge itself (TestEventPattern)."""

CENTRAL_BUS = "landwaiter"
"""The bus of hub.yaml."""

_OUR_NAMES = ("LandwaiterTask", "LandwaiterSweep")


def read_rules(account: Account, function: Function | Unseen | None) -> tuple[Rule, ...] | Unseen:
    """The rules, of all buses, that wake the function or look as though they ought to."""
    if not isinstance(function, Function):
        return function or Unseen("There is no function: see LW-FUN-001.")
    return attempt("events", lambda: _rules(account, function))


def _rules(account: Account, function: Function) -> tuple[Rule, ...]:
    events = account.client("events")
    buses = [one["Name"] for one in events.list_event_buses()["EventBuses"]]
    found = [rule for bus in dict.fromkeys(["default", *buses]) for rule in _rules_of(events, bus)]
    rules = [(one, _targets(events, one)) for one in found if _may_concern(one)]
    mine = [(one, targets) for one, targets in rules if _concerns(one, targets, function.arn)]
    return tuple(_rule(account, one, targets) for one, targets in mine)


def _rules_of(events: Any, bus: str) -> list[dict[str, Any]]:  # noqa: ANN401 - a boto3 client
    pages = events.get_paginator("list_rules").paginate(EventBusName=bus)
    return [{**one, "EventBusName": bus} for page in pages for one in page["Rules"]]


def _may_concern(rule: Mapping[str, Any]) -> bool:
    return bool(rule.get("ScheduleExpression")) or "aws.ecs" in str(rule.get("EventPattern", "")) or _is_ours(rule)


def _is_ours(rule: Mapping[str, Any]) -> bool:
    return str(rule["Name"]).startswith(_OUR_NAMES) or rule["EventBusName"] == CENTRAL_BUS


def _concerns(rule: Mapping[str, Any], targets: Sequence[Target], function_arn: str) -> bool:
    aimed = any(target.arn == function_arn for target in targets)
    orphaned = not targets and "ECS Task State Change" in str(rule.get("EventPattern", ""))
    return aimed or orphaned or _is_ours(rule)


def _targets(events: Any, rule: Mapping[str, Any]) -> tuple[Target, ...]:  # noqa: ANN401 - a boto3 client
    found = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=rule["EventBusName"])["Targets"]
    return tuple(Target(one["Arn"], str((one.get("DeadLetterConfig") or {}).get("Arn", ""))) for one in found)


def _rule(account: Account, found: Mapping[str, Any], targets: tuple[Target, ...]) -> Rule:
    pattern = str(found.get("EventPattern") or "")
    matches = frozenset(name for name in SAMPLES if pattern and _matches(account, pattern, name))
    return Rule(
        name=found["Name"],
        arn=found["Arn"],
        enabled=found.get("State") != "DISABLED",
        schedule=str(found.get("ScheduleExpression") or ""),
        matches=matches,
        targets=targets,
        bus=str(found["EventBusName"]),
    )


def _matches(account: Account, pattern: str, sample: str) -> bool:
    event = {
        "id": "1",
        "source": "aws.ecs",
        "detail-type": "ECS Task State Change",
        "account": account.id,
        "time": account.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": account.region,
        "resources": [f"arn:{account.partition}:ecs:{account.region}:{account.id}:task/sample/0"],
        "detail": SAMPLES[sample],
    }
    answer = account.client("events").test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
    return bool(answer["Result"])


def read_queues(
    account: Account, function: Function | Unseen | None, rules: tuple[Rule, ...] | Unseen
) -> tuple[Queue, ...] | Unseen:
    """The dead-letter queues of function and rules, each once."""
    if not isinstance(function, Function):
        return function or Unseen("There is no function: see LW-FUN-001.")
    of_rules = [] if isinstance(rules, Unseen) else [one.dead_letters for rule in rules for one in rule.targets]
    arns = [arn for arn in dict.fromkeys([function.dead_letters, *of_rules]) if ":sqs:" in arn]
    queues = [attempt("sqs", lambda arn=arn: _queue(account, arn)) for arn in arns]  # type: ignore[misc] # mypy infers no type for a lambda with a default
    unread = next((one for one in queues if isinstance(one, Unseen)), None)
    return unread or tuple(one for one in queues if isinstance(one, Queue))


def _queue(account: Account, arn: str) -> Queue | None:
    sqs = account.client("sqs")
    name, owner = arn.split(":")[5], arn.split(":")[4]
    try:
        url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=owner)["QueueUrl"]
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        numbers = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    except ClientError as error:
        if absent(error, "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"):
            return None
        raise
    messages = sum(int(one) for one in numbers.values())
    return Queue(
        name=name,
        url=url,
        arn=arn,
        messages=messages,
        alarmed=attempt("cloudwatch", lambda: _alarmed(account, name)),
        oldest=attempt("sqs", lambda: _oldest(sqs, url)) if messages else None,
    )


def _oldest(sqs: Any, url: str) -> datetime | None:  # noqa: ANN401 - a boto3 client
    """When the oldest of up to ten messages was sent. They stay visible to everybody else."""
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, AttributeNames=["SentTimestamp"]
    )
    sent = [int(one["Attributes"]["SentTimestamp"]) for one in answer.get("Messages", [])]
    return datetime.fromtimestamp(min(sent) / 1000, UTC) if sent else None


def _alarmed(account: Account, queue: str) -> bool:
    answer = account.client("cloudwatch").describe_alarms_for_metric(
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
    )
    return bool(answer.get("MetricAlarms"))
