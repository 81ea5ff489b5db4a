"""What is done about stacks in states that the sandbox does not bring about: a script stands for CloudFormation."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from landwaiter.aws.deployment.stacks import OWNER_TAGS, Stack, StackError
from landwaiter.errors import NotPermittedError

TAGS = [{"Key": key, "Value": value} for key, value in OWNER_TAGS.items()]


class CloudFormation:
    """Holds one stack's status; `after` says which statuses an action leads to, one for each look."""

    def __init__(self, status: str, reason: str = "", **after: list[str]) -> None:
        self.statuses, self.reason, self.after = [status], reason, after
        self.calls: list[str] = []

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        status = self.statuses[0]
        if len(self.statuses) > 1:
            self.statuses.pop(0)
        if not status:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "does not exist"}}, "DescribeStacks")
        return {"Stacks": [{"StackId": "arn", "StackStatus": status, "Tags": TAGS, "Parameters": []}]}

    def get_paginator(self, _name: str) -> Any:
        event = {"EventId": "1", "LogicalResourceId": "Vpc", "ResourceType": "AWS::EC2::VPC"}
        page = {"StackEvents": [{**event, "ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": self.reason}]}
        return type("Pages", (), {"paginate": lambda _self, **_: [page]})()

    def __getattr__(self, name: str) -> Any:
        def act(**_: Any) -> dict[str, Any]:
            self.calls.append(name)
            if name == "update_stack" and name not in self.after:
                message = "No updates are to be performed."
                raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "UpdateStack")
            self.statuses = list(self.after[name])
            return {}

        return act


def stack(fake: CloudFormation) -> Stack:
    return Stack(fake, "landwaiter-network", poll=0, owner=OWNER_TAGS)


@pytest.mark.parametrize("status", ["ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "CREATE_FAILED", "DELETE_FAILED"])
def test_a_stack_that_never_came_to_be_is_deleted_and_made_anew(status: str) -> None:
    fake = CloudFormation(
        status,
        delete_stack=["DELETE_IN_PROGRESS", "DELETE_COMPLETE"],
        create_stack=["CREATE_IN_PROGRESS", "CREATE_COMPLETE"],
    )
    assert stack(fake).parameters() == {}
    assert stack(fake).deploy("{}", {}, {}) is True
    assert fake.calls == ["delete_stack", "create_stack"]


def test_a_rollback_that_failed_is_continued() -> None:
    fake = CloudFormation(
        "UPDATE_ROLLBACK_FAILED",
        continue_update_rollback=["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"],
    )
    assert stack(fake).deploy("{}", {}, {}) is False
    assert fake.calls == ["continue_update_rollback", "update_stack"]
    fails = CloudFormation("UPDATE_ROLLBACK_FAILED", continue_update_rollback=["UPDATE_ROLLBACK_FAILED"])
    with pytest.raises(StackError, match="UPDATE_ROLLBACK_FAILED") as failed:
        stack(fails).deploy("{}", {}, {})
    assert "continued" in failed.value.remedy


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"])
def test_what_is_in_progress_is_waited_for(status: str) -> None:
    fake = CloudFormation(status, create_stack=["CREATE_COMPLETE"])
    settled = {"CREATE_IN_PROGRESS": "CREATE_COMPLETE", "UPDATE_IN_PROGRESS": "UPDATE_COMPLETE"}
    fake.statuses = [status, status, status, settled.get(status, "DELETE_COMPLETE")]
    stack(fake).deploy("{}", {}, {})
    assert fake.calls == (["create_stack"] if status.startswith("DELETE") else ["update_stack"])


def test_a_deletion_that_fails_is_tried_once_more_and_then_explained() -> None:
    again = CloudFormation("CREATE_COMPLETE", delete_stack=["DELETE_FAILED"])
    again.reason = "The vpc 'vpc-1' has dependencies and cannot be deleted."
    with pytest.raises(StackError, match="DELETE_FAILED. Vpc") as failed:
        stack(again).delete()
    assert again.calls == ["delete_stack", "delete_stack"]
    assert "still uses it" in failed.value.remedy


def test_a_strangers_stack_is_not_touched() -> None:
    fake = CloudFormation("CREATE_COMPLETE")
    theirs = Stack(fake, "landwaiter-network", poll=0, owner={"Application": "other"})
    for act in (theirs.delete, lambda: theirs.deploy("{}", {}, {}), theirs.outputs):
        with pytest.raises(NotPermittedError, match="not ours"):
            act()
    assert fake.calls == []
