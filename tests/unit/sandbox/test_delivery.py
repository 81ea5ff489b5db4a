from typing import Any

import pytest

from landwaiter.sandbox.delivery import permits

RULE = "arn:aws:events:us-east-1:123456789012:rule/running"


def statement(**more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        **more,
    }


@pytest.mark.parametrize(
    ("policy", "permitted"),
    [
        (statement(), True),
        (statement(Condition={"ArnLike": {"AWS:SourceArn": RULE}}), True),
        (statement(Condition={"ArnLike": {"AWS:SourceArn": "arn:aws:events:*:123456789012:rule/*"}}), True),
        (statement(Condition={"ArnLike": {"AWS:SourceArn": RULE + "-other"}}), False),
        (statement(Principal={"Service": "s3.amazonaws.com"}), False),
        (statement(Effect="Deny"), False),
        (statement(Principal="*"), True),
    ],
)
def test_the_functions_policy_decides(policy: dict[str, Any], permitted: bool) -> None:
    assert permits({"policy": {"Statement": [policy]}}, RULE) is permitted


def test_without_a_policy_nobody_may() -> None:
    assert permits({}, RULE) is False
    assert permits({"policy": {"Statement": []}}, RULE) is False
