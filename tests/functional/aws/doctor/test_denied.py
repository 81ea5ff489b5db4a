"""Permissions that the auditor lacks: each call of AWS refused in turn, and never a crash."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from landwaiter.aws.doctor.read import read_estate
from landwaiter.aws.doctor.run import examine
from landwaiter.errors import NotPermittedError


class Guard:
    """Clients that note every operation, and refuse those in `denied`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: dict[str, Any] = {}
        self.calls: set[tuple[str, str]] = set()
        self.denied: set[tuple[str, str]] = set()
        self.code = "AccessDeniedException"
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        if service not in self._known:
            made = self._client(service)
            made.meta.events.register("before-call", lambda model, **_: self._look(service, model.name))
            self._known[service] = made
        return self._known[service]

    def _look(self, service: str, operation: str) -> None:
        with self._lock:
            self.calls.add((service, operation))
        if (service, operation) in self.denied:
            message = f"User: arn:aws:iam::1:user/x is not authorized to perform: {service}:{operation} on resource: *"
            raise ClientError({"Error": {"Code": self.code, "Message": message}}, operation)


@pytest.fixture
def guard(patient: Any) -> Iterator[Guard]:
    guard = Guard(patient.client)
    read_estate(guard)
    yield guard
    guard.denied = set()


def test_each_call_may_be_refused(guard: Guard) -> None:
    calls = sorted(guard.calls - {("sts", "GetCallerIdentity")})
    assert len(calls) > 25
    well = {one.id: one.status for one in examine(read_estate(guard))}
    for call in calls:
        guard.denied = {call}
        findings = examine(read_estate(guard))
        named = [one.id for one in findings if f"not permitted: {call[0]}:{call[1]}" in one.found]
        changed = {one.id: one.found for one in findings if one.status != well[one.id]}
        assert all(one.status != "failed" for one in findings), (call, changed)
        assert named or call in QUIET, (call, changed)
        assert all(one.status == "skipped" for one in findings if one.id in named)


QUIET = {
    # What our stacks say of themselves; without it names and use tell where things belong.
    ("cloudformation", "DescribeStacks"),
    # No queue holds a message and no task runs, so nobody asks.
    ("sqs", "ReceiveMessage"),
    ("cloudwatch", "DescribeAlarmsForMetric"),
}


def test_all_of_them_refused(guard: Guard) -> None:
    guard.denied = guard.calls - {("sts", "GetCallerIdentity")}
    findings = examine(read_estate(guard))
    assert {one.status for one in findings} == {"skipped"}
    assert {one.id for one in findings if "not permitted: " not in one.found} == {"LW-PLT-003"}


def test_credentials_that_expire_end_it(guard: Guard) -> None:
    guard.denied, guard.code = {("iam", "GetRole")}, "ExpiredToken"
    with pytest.raises(NotPermittedError, match="credentials expired"):
        read_estate(guard)
