"""What runs now, as ECS lists it in pages; botocore reads the answers and checks the requests."""

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from landwaiter.trigger.sweep import DESCRIBE_LIMIT, clusters, running_tasks

CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/shop"


@pytest.fixture
def ecs():
    client = boto3.client("ecs", region_name="eu-central-1", aws_access_key_id="key", aws_secret_access_key="secret")
    with Stubber(client) as stub:
        client.stub = stub
        yield client
        stub.assert_no_pending_responses()


def arn(number):
    return f"arn:aws:ecs:eu-central-1:123456789012:task/shop/{number:032x}"


def expect_page(ecs, arns, token=None, following=None):
    given = {"cluster": CLUSTER, "desiredStatus": "RUNNING"} | ({"nextToken": token} if token else {})
    ecs.stub.add_response("list_tasks", {"taskArns": arns} | ({"nextToken": following} if following else {}), given)


def expect_described(ecs, task, arns, **changes):
    tasks = [task(taskArn=one, **changes) for one in arns]
    ecs.stub.add_response("describe_tasks", {"tasks": tasks}, {"cluster": CLUSTER, "tasks": arns, "include": ["TAGS"]})


def test_every_page_is_read_and_described_in_batches(ecs, task):
    first, second = [arn(number) for number in range(DESCRIBE_LIMIT)], [arn(900)]
    expect_page(ecs, first, following="more")
    expect_described(ecs, task, first)
    expect_page(ecs, second, token="more")
    expect_described(ecs, task, second, tags=[{"key": "team", "value": "web"}], startedBy="ecs-svc/1")
    found = list(running_tasks(ecs, CLUSTER))
    assert [one.task_arn for one in found] == first + second
    assert {one.source for one in found} == {"sweep"}
    assert (found[-1].tags, found[-1].started_by) == ({"team": "web"}, "ecs-svc/1")


def test_only_what_runs_on_fargate_counts(ecs, task):
    kinds = [
        {"launchType": "EC2"},
        {"lastStatus": "PENDING"},
        {"launchType": "EC2", "capacityProviderName": "FARGATE_SPOT"},
        {"launchType": "EXTERNAL"},
        {"capacityProviderName": "FARGATE"},
    ]
    arns = [arn(number) for number in range(len(kinds))]
    expect_page(ecs, arns)
    answer = {"tasks": [task(taskArn=one, **kind) for one, kind in zip(arns, kinds, strict=True)]}
    ecs.stub.add_response("describe_tasks", answer, {"cluster": CLUSTER, "tasks": arns, "include": ["TAGS"]})
    assert [one.task_arn for one in running_tasks(ecs, CLUSTER)] == [arns[2], arns[4]]


def test_a_cluster_that_was_deleted_meanwhile_runs_nothing(ecs):
    ecs.stub.add_client_error("list_tasks", "ClusterNotFoundException", "Cluster not found.")
    assert list(running_tasks(ecs, CLUSTER)) == []


def test_another_refusal_is_not_taken_for_an_empty_cluster(ecs):
    ecs.stub.add_client_error("list_tasks", "AccessDeniedException", "not authorized to perform: ecs:ListTasks")
    with pytest.raises(ClientError, match="ecs:ListTasks"):
        list(running_tasks(ecs, CLUSTER))


def test_the_clusters_of_all_pages(ecs):
    names = [f"{CLUSTER}{number}" for number in range(3)]
    ecs.stub.add_response("list_clusters", {"clusterArns": names[:2], "nextToken": "more"}, {})
    ecs.stub.add_response("list_clusters", {"clusterArns": names[2:]}, {"nextToken": "more"})
    assert clusters(ecs) == names
