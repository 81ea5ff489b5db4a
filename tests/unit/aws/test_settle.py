from typing import Any

import pytest
from botocore.exceptions import ClientError

from landwaiter.aws.settle import patiently

NOT_YET = "The provided execution role does not have permissions to call CreateNetworkInterface on EC2"


def refusing(times: int, code: str, message: str) -> tuple[Any, list[int]]:
    calls: list[int] = []

    def call() -> str:
        calls.append(len(calls))
        if len(calls) <= times:
            raise ClientError({"Error": {"Code": code, "Message": message}}, "UpdateFunctionConfiguration")
        return "done"

    return call, calls


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidParameterValueException", NOT_YET),
        ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
        ("InvalidInputException", "Not authorized to perform DescribeSecurityGroups"),
        ("ResourceConflictException", "An update is in progress for resource"),
    ],
)
def test_permissions_that_spread_are_waited_for(code: str, message: str) -> None:
    call, calls = refusing(3, code, message)
    assert patiently(call, seconds=5, pause=0.01) == "done"
    assert len(calls) == 4


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDeniedException", "User is not authorized to perform: lambda:UpdateFunctionConfiguration"),
        ("InvalidParameterValueException", "The subnet ID 'subnet-0' does not exist"),
    ],
)
def test_what_time_does_not_mend_is_told_at_once(code: str, message: str) -> None:
    call, calls = refusing(3, code, message)
    with pytest.raises(ClientError):
        patiently(call, seconds=5, pause=0.01)
    assert len(calls) == 1


def test_patience_ends() -> None:
    call, calls = refusing(10**6, "InvalidParameterValueException", NOT_YET)
    with pytest.raises(ClientError):
        patiently(call, seconds=0.05, pause=0.01)
    assert 1 < len(calls) <= 6
