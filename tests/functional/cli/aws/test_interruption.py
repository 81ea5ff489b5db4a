"""A run that dies after any single call that changes something is finished by the next `up`, or undone by `down`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from landwaiter.aws.deployment.platform_client import PlatformAdmin
from landwaiter.cli.aws import connection

READ_ONLY = ("Describe", "List", "Get", "Head", "BatchGet")
# Every call of a whole `up` that changes something, in order; the first test says that there are no others.
UP = (
    *("CreateStack", "CreateTags", "ReplaceRouteTableAssociation", "admit", "CreateBucket", "PutBucketTagging"),
    *("PutPublicAccessBlock", "PutBucketVersioning", "PutBucketEncryption", "PutBucketPolicy"),
    *("PutObject", "PutObject", "PutObject", "new_sensor_token", "CreateStack"),
)
DOWN = (
    *("withdraw", "revoke_token", "DeleteStack", "ReplaceRouteTableAssociation", "DeleteTags", "DeleteStack"),
    *("DeleteObject", "DeleteObject", "DeleteObject", "DeleteBucket"),
)


class Calls:
    """The calls that change something; the one after which the run dies is `fatal`, from 1; 0 for none."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.fatal = 0

    def count(self, name: str) -> None:
        self.made.append(name)
        if self.fatal and len(self.made) == self.fatal:
            raise KeyboardInterrupt

    def restart(self, fatal: int = 0) -> None:
        self.made, self.fatal = [], fatal


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Watch AWS's and the platform's calls of the commands: each is made in full before it is counted."""
    calls, connect = Calls(), connection.connect

    def after(model: Any, **_: Any) -> None:
        if not model.name.startswith(READ_ONLY):
            calls.count(model.name)

    def watched(region: str | None = None, profile: str | None = None) -> Any:
        client = connect(region, profile)
        seen: set[str] = set()

        def get(service: str) -> Any:
            made = client(service)
            if service not in seen:
                seen.add(service)
                made.meta.events.register("after-call", after)
            return made

        return get

    monkeypatch.setattr(connection, "connect", watched)
    for name in ("admit", "withdraw", "new_sensor_token", "revoke_token"):
        monkeypatch.setattr(PlatformAdmin, name, _counted(calls, name, getattr(PlatformAdmin, name)))
    return calls


def _counted(calls: Calls, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def counted(self: PlatformAdmin, *arguments: Any) -> Any:
        result = method(self, *arguments)
        calls.count(name)
        return result

    return counted


def test_these_are_all_the_calls_that_change_something(operator: Any, calls: Calls) -> None:
    operator.report("up", "--yes")
    assert tuple(calls.made) == UP
    calls.restart()
    operator.report("up", "--yes")
    assert calls.made == []
    operator.report("down", "--yes")
    assert tuple(calls.made) == DOWN


@pytest.mark.parametrize("fatal", range(1, len(UP) + 1), ids=[f"{at:02}-{name}" for at, name in enumerate(UP, 1)])
def test_up_interrupted_and_finished(operator: Any, calls: Calls, noted: Callable[..., Any], fatal: int) -> None:
    calls.restart(fatal)
    died = operator.run("up", "--yes")
    assert died.exit_code == 1
    assert "what is done stays done" in died.stderr
    assert len(calls.made) == fatal
    calls.restart()
    operator.report("up", "--yes")
    assert set(operator.states("status").values()) == {"done"}
    networks, tokens = noted(operator)
    assert (networks, len(tokens)) == ([f"{operator.outputs()['EgressAddress']}/32"], 1)


@pytest.mark.parametrize("last", ["CreateStack", "CreateTags", "admit", "CreateBucket", "new_sensor_token"])
def test_up_interrupted_and_undone(operator: Any, calls: Calls, noted: Callable[..., Any], last: str) -> None:
    before = operator.resources()
    calls.restart(UP.index(last) + 1)
    assert operator.run("up", "--yes").exit_code == 1
    assert calls.made[-1] == last
    calls.restart()
    operator.report("down", "--yes")
    assert operator.resources() == before
    assert noted(operator) == ([], [])


def test_down_interrupted_after_every_call(operator: Any, calls: Calls, noted: Callable[..., Any]) -> None:
    before = operator.resources()
    operator.report("up", "--yes")
    seen: list[str] = []
    while len(seen) < len(DOWN):
        calls.restart(1)
        assert operator.run("down", "--yes").exit_code == 1
        seen += calls.made
    assert tuple(seen) == DOWN
    calls.restart()
    operator.report("down", "--yes")
    assert calls.made == []
    assert operator.resources() == before
    assert noted(operator) == ([], [])


def test_machines_are_told_how_far_it_came(operator: Any, calls: Calls) -> None:
    calls.restart(3)
    report = json.loads(operator.run("up", "--yes", "--format", "json").stdout)
    states = [step["state"] for step in report["steps"]]
    assert states == ["done", "interrupted", *["not reached"] * 5]
    assert report["complete"] is False
