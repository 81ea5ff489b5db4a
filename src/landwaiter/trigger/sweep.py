"""The sweep: list what runs on Fargate now, so that a missed event is made good and a vanished task is closed."""

from collections.abc import Iterator
from typing import Any

from landwaiter.events.models import TaskState
from landwaiter.events.parse import is_fargate, parse_task
from landwaiter.trigger.aws import code_of

DESCRIBE_LIMIT = 100
"""DescribeTasks takes at most this many tasks."""


def running_tasks(ecs: Any, cluster: str) -> Iterator[TaskState]:  # noqa: ANN401 - a boto3 client
    """Yield every task of the cluster that is RUNNING on Fargate; none when the cluster was deleted meanwhile."""
    for arns in _listed(ecs, cluster):
        for start in range(0, len(arns), DESCRIBE_LIMIT):
            batch = arns[start : start + DESCRIBE_LIMIT]
            answer = ecs.describe_tasks(cluster=cluster, tasks=batch, include=["TAGS"])
            for item in answer["tasks"]:
                task = parse_task(item, source="sweep")
                if is_fargate(task) and task.last_status == "RUNNING":
                    yield task


def _listed(ecs: Any, cluster: str) -> Iterator[list[str]]:  # noqa: ANN401 - a boto3 client
    try:
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, desiredStatus="RUNNING"):
            yield page["taskArns"]
    except Exception as error:
        if code_of(error) != "ClusterNotFoundException":
            raise


def clusters(ecs: Any) -> list[str]:  # noqa: ANN401 - a boto3 client
    """Return the ARNs of all clusters of the account and region."""
    return [arn for page in ecs.get_paginator("list_clusters").paginate() for arn in page["clusterArns"]]
