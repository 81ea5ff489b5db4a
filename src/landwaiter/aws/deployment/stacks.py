"""CloudFormation stacks: create, update, delete, with every event told as it happens and every dead end explained.

Source: AWS CloudFormation User Guide, "Stack status codes".
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from landwaiter.aws.failures import remedy_of
from landwaiter.errors import LandwaiterError, NotPermittedError

OWNER_TAGS: Mapping[str, str] = {"Application": "landwaiter"}
# A parameter whose value stays as the stack has it.
KEEP = None

_CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
_HOURS = 3600.0


@dataclass(frozen=True, slots=True)
class StackEvent:
    """What happened to one resource of a stack. `reason` is CloudFormation's, "" where it gives none."""

    logical_id: str
    resource_type: str
    status: str
    reason: str


Progress: TypeAlias = Callable[[StackEvent], None]

# What to do about a stack that ended in a state which neither we nor CloudFormation get out of.
_DEAD_ENDS = {
    "ROLLBACK_FAILED": "Remove by hand what could not be rolled back, then run this again: the stack is made anew.",
    "UPDATE_ROLLBACK_FAILED": "Mend the cause, then run this again: the rollback is continued.",
    "DELETE_FAILED": "Remove by hand what could not be deleted (it may still be in use for some minutes: network "
    "interfaces of a function go last), then run this again.",
}
_UNSETTLED = frozenset({"REVIEW_IN_PROGRESS"})
# Such a stack never came to be, or is half gone; it cannot be updated.
_REMADE = frozenset({"REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"})


class StackError(LandwaiterError):
    """A stack did not reach the state it was to reach."""

    exit_code = 3


def _ignore(_event: StackEvent) -> None:
    pass


class Stack:
    """A CloudFormation stack by its name. `poll` is the time between two looks at it, in seconds.

    With `owner`, tags that a stack of ours has, a stranger's stack of that name is refused.
    """

    def __init__(
        self,
        cloudformation: Any,  # noqa: ANN401 - a boto3 client
        name: str,
        *,
        progress: Progress = _ignore,
        poll: float = 2.0,
        owner: Mapping[str, str] | None = None,
    ) -> None:
        self._cloudformation = cloudformation
        self.name = name
        self._progress = progress
        self._poll = poll
        self._owner = owner or {}
        self._told: set[str] = set()

    def describe(self) -> dict[str, Any] | None:
        """The stack as DescribeStacks gives it, None when there is none. Raises NotPermittedError on a stranger's."""
        try:
            stack = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return None
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        if not self._owner.items() <= tags.items():
            marks = ", ".join(f"{key}={value}" for key, value in self._owner.items())
            raise NotPermittedError(
                f"There is a stack {self.name} in this account and region that is not ours: it lacks the tag {marks}.",
                "Nothing was done to it. Rename or delete it, or deploy in another account or region.",
            )
        return dict(stack)

    def outputs(self) -> dict[str, str]:
        """The stack's outputs; empty when there is no stack."""
        stack = self.describe() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def parameters(self) -> dict[str, str]:
        """The stack's parameters, "****" for secret ones; empty when there is no stack that can be updated."""
        stack = self.describe()
        if stack is None or stack["StackStatus"] in _REMADE:
            return {}
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}

    def template(self) -> str:
        """The text of the stack's template."""
        answer = self._cloudformation.get_template(StackName=self.name, TemplateStage="Original")
        return str(answer["TemplateBody"])

    def deploy(self, template: str, parameters: Mapping[str, str | None], tags: Mapping[str, str]) -> bool:
        """Create or update the stack and wait; False when it was as wanted already. Raises `StackError`."""
        status = self._settled_status()
        if status in _REMADE:
            self.delete()
            status = ""
        if status == "UPDATE_ROLLBACK_FAILED":
            status = self._continue_rollback()
        request = {
            "StackName": self.name,
            "TemplateBody": template,
            "Parameters": [_parameter(key, value) for key, value in parameters.items()],
            "Tags": [{"Key": key, "Value": value} for key, value in {**tags, **self._owner}.items()],
            "Capabilities": _CAPABILITIES,
        }
        if not status:
            self._told.clear()
            self._cloudformation.create_stack(**request)
        elif not self._update(request):
            return False
        self._expect("UPDATE_COMPLETE" if status else "CREATE_COMPLETE")
        return True

    def _update(self, request: dict[str, Any]) -> bool:
        self._remember_events()
        try:
            self._cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates are to be performed" in error.response["Error"]["Message"]:
                return False
            raise
        return True

    def _continue_rollback(self) -> str:
        self._cloudformation.continue_update_rollback(StackName=self.name)
        status = self._settled_status()
        if status == "UPDATE_ROLLBACK_FAILED":
            raise self._dead_end(status)
        return status

    def delete(self) -> bool:
        """Delete the stack and wait; False when there was none. What fails is tried once more. Raises `StackError`."""
        if not self._settled_status():
            return False
        for _attempt in range(2):
            stack = self.describe()
            if stack is None:
                return True
            self._cloudformation.delete_stack(StackName=self.name)
            # By its id, a stack can be asked about after its deletion.
            self._wait(stack["StackId"])
        left = self.describe()
        if left is not None:
            raise self._dead_end(str(left["StackStatus"]))
        return True

    def _settled_status(self) -> str:
        """The stack's status once nothing is in progress, "" without a stack."""
        stack = self.describe()
        if stack is None:
            return ""
        self._remember_events()
        status = self._wait(stack["StackId"])
        return "" if status == "DELETE_COMPLETE" else status

    def _expect(self, wanted: str) -> None:
        stack = self.describe()
        status = self._wait(stack["StackId"]) if stack else "DELETE_COMPLETE"
        if status != wanted:
            raise self._dead_end(status)

    def _wait(self, stack_id: str) -> str:
        """Tell events until nothing is in progress; the status then."""
        deadline = time.monotonic() + 2 * _HOURS
        while time.monotonic() < deadline:
            status = str(self._cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"])
            self._tell_events(stack_id)
            if not status.endswith("_IN_PROGRESS") or status in _UNSETTLED:
                return status
            time.sleep(self._poll)
        raise StackError(f"The stack {self.name} is still {status}.", "See its events in the CloudFormation console.")

    def _events(self, stack_id: str) -> list[dict[str, Any]]:
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def _remember_events(self) -> None:
        self._told.update(event["EventId"] for event in self._events(self.name))

    def _tell_events(self, stack_id: str) -> None:
        for event in self._events(stack_id):
            if event["EventId"] not in self._told:
                self._told.add(event["EventId"])
                self._progress(_event(event))

    def _dead_end(self, status: str) -> StackError:
        failed = [_event(event) for event in self._events(self.name) if event["ResourceStatus"].endswith("_FAILED")]
        # The first failure is the cause; those after it are cancellations.
        causes = [event for event in failed if event.reason and "cancelled" not in event.reason.lower()]
        cause = f" {causes[0].logical_id} ({causes[0].resource_type}): {causes[0].reason}" if causes else ""
        known = remedy_of(causes[0].reason) if causes else ""
        remedy = known or _DEAD_ENDS.get(status, "Mend the cause, then run this again.")
        return StackError(f"The stack {self.name} ended as {status}.{cause}", remedy)


def _parameter(key: str, value: str | None) -> dict[str, object]:
    if value is KEEP:
        return {"ParameterKey": key, "UsePreviousValue": True}
    return {"ParameterKey": key, "ParameterValue": value}


def _event(event: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        logical_id=event["LogicalResourceId"],
        resource_type=event["ResourceType"],
        status=event["ResourceStatus"],
        reason=event.get("ResourceStatusReason", ""),
    )
