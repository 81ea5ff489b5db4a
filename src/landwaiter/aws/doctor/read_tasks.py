"""Reading what runs on Fargate: the newest task, and the ECR repositories that the images come from."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from landwaiter.aws.doctor.estate import Function, Repository, Role, Statement, Tasks, Unseen
from landwaiter.aws.doctor.reading import Account, absent, attempt, statements_of

PULLING = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""What a build needs to read an image."""

_ECR = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z]{2}[a-z-]*-\d)\.[^/]+/(?P<name>[^@:]+)")
_MOST_CLUSTERS, _MOST_TASKS, _MOST_REPOSITORIES = 50, 1000, 40
_GRACE = timedelta(minutes=5)
_LOOK_BACK = timedelta(hours=24)
_MOST_PAGES = 10


def read_tasks(account: Account, function: Function | Unseen | None, role: Role | Unseen | None) -> Tasks | Unseen:
    """What runs on Fargate now."""
    found = attempt("ecs", lambda: list(_running(account)))
    if isinstance(found, Unseen):
        return found
    arn, started = _newest(account, found, function)
    repositories = _repositories(account, found)
    return Tasks(
        newest=arn,
        started=started,
        handled=attempt("logs", lambda: _is_logged(account, arn, started)) if started else True,
        repositories=repositories,
        pull_denied=_pull_denied(account, role, repositories),
    )


def _running(account: Account) -> Iterator[dict[str, Any]]:
    ecs = account.client("ecs")
    left = _MOST_TASKS
    clusters = [arn for page in ecs.get_paginator("list_clusters").paginate() for arn in page["clusterArns"]]
    for cluster in clusters[:_MOST_CLUSTERS]:
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, desiredStatus="RUNNING"):
            arns = page["taskArns"][:left]
            left -= len(arns)
            described = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
            yield from (one for one in described if _on_fargate(one) and one.get("lastStatus") == "RUNNING")


def _on_fargate(task: Mapping[str, Any]) -> bool:
    return task.get("launchType") == "FARGATE" or str(task.get("capacityProviderName", "")).startswith("FARGATE")


def _newest(
    account: Account, tasks: Sequence[Mapping[str, Any]], function: Function | Unseen | None
) -> tuple[str, datetime | None]:
    """The newest task of the last day whose event must have been handled, by the function as it is now."""
    if not isinstance(function, Function) or not function.ours or function.modified is None:
        return "", None
    since = max(function.modified, account.now - _LOOK_BACK)
    due = [one for one in tasks if one.get("startedAt") and since < one["startedAt"] <= account.now - _GRACE]
    newest = max(due, key=lambda one: one["startedAt"], default=None)
    return (str(newest["taskArn"]), newest["startedAt"]) if newest else ("", None)


def _is_logged(account: Account, task_arn: str, started: datetime) -> bool:
    """Tell whether the function's log has a line about the task: it writes one for each event it has handled."""
    request: dict[str, Any] = {
        "logGroupName": "/aws/lambda/QualysECSFargateImageScanningLambda",
        "startTime": int(started.timestamp() * 1000) - 60_000,
        "filterPattern": json.dumps(task_arn.rsplit("/", 1)[-1]),
    }
    logs = account.client("logs")
    for _ in range(_MOST_PAGES):
        try:
            answer = logs.filter_log_events(**request)
        except ClientError as error:
            if absent(error, "ResourceNotFoundException"):
                return False
            raise
        if answer.get("events"):
            return True
        if not answer.get("nextToken"):
            return False
        request["nextToken"] = answer["nextToken"]
    return False


def _repositories(account: Account, tasks: Sequence[Mapping[str, Any]]) -> tuple[Repository, ...]:
    images = {str(one.get("image", "")) for task in tasks for one in task.get("containers") or []}
    found = {match[0]: match for image in sorted(images) if (match := _ECR.match(image))}
    return tuple(_repository(account, one) for one in list(found.values())[:_MOST_REPOSITORIES])


def _repository(account: Account, match: re.Match[str]) -> Repository:
    arn = f"arn:{account.partition}:ecr:{match['region']}:{match['account']}:repository/{match['name']}"
    policy: tuple[Statement, ...] | Unseen | None = ()
    if match["account"] != account.id:
        if match["region"] == account.region:
            policy = attempt("ecr", lambda: _policy(account, match))
        else:
            policy = Unseen(f"the repository is in {match['region']}")
    return Repository(arn, match["account"], policy)


def _policy(account: Account, match: re.Match[str]) -> tuple[Statement, ...] | None:
    try:
        answer = account.client("ecr").get_repository_policy(registryId=match["account"], repositoryName=match["name"])
    except ClientError as error:
        if absent(error, "RepositoryPolicyNotFoundException"):
            return None
        raise
    return statements_of(json.loads(answer["policyText"]))


def _pull_denied(
    account: Account, role: Role | Unseen | None, repositories: Sequence[Repository]
) -> tuple[str, ...] | Unseen:
    """The repositories that the service role's own policies do not let it pull from, as IAM's simulator says."""
    if not isinstance(role, Role):
        return role or Unseen("There is no service role: see LW-POL-007.")
    if not repositories:
        return ()

    def read() -> tuple[str, ...]:
        results = account.client("iam").simulate_principal_policy(
            PolicySourceArn=role.arn, ActionNames=list(PULLING), ResourceArns=[one.arn for one in repositories]
        )["EvaluationResults"]
        denied = (one["EvalResourceName"] for one in results if one["EvalDecision"] != "allowed")
        return tuple(dict.fromkeys(denied))

    return attempt("iam", read)
