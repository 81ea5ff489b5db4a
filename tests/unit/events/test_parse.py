"""Reading ECS Task State Change events."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landwaiter.events.parse import NotATaskEventError, is_fargate, parse_event, parse_task

ARN = "arn:aws:ecs:eu-central-1:123456789012:task/shop/b99d40b351764f71"
DIGEST = "sha256:" + "7" * 64


def event(**detail: Any) -> dict[str, Any]:
    task = {
        "taskArn": ARN,
        "version": 3,
        "clusterArn": "arn:aws:ecs:eu-central-1:123456789012:cluster/shop",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "launchType": "FARGATE",
        "group": "service:web",
        "startedAt": "2026-11-23T10:00:00Z",
        "containers": [
            {"name": "web", "image": "web:1", "imageDigest": DIGEST, "lastStatus": "RUNNING", "runtimeId": "r-1"},
            {"name": "proxy", "image": "envoy:2", "lastStatus": "RUNNING"},
        ],
    }
    return {
        "id": "e-1",
        "time": "2026-11-23T10:00:01Z",
        "source": "aws.ecs",
        "detail-type": "ECS Task State Change",
        "detail": task | detail,
    }


def test_every_container_is_read_with_its_digest_where_aws_tells_it() -> None:
    task = parse_event(event())
    assert [(c.name, c.image, c.image_digest) for c in task.containers] == [
        ("web", "web:1", DIGEST),
        ("proxy", "envoy:2", ""),
    ]
    assert (task.account, task.region, task.version) == ("123456789012", "eu-central-1", 3)
    assert (task.event_id, task.event_time, task.source) == ("e-1", "2026-11-23T10:00:01Z", "event")


@pytest.mark.parametrize(
    ("detail", "fargate"),
    [
        ({}, True),
        ({"launchType": "EC2"}, False),
        ({"launchType": "EXTERNAL"}, False),
        ({"launchType": None, "capacityProviderName": "FARGATE_SPOT"}, True),
        ({"launchType": None, "capacityProviderName": "FARGATE"}, True),
        ({"launchType": None, "capacityProviderName": "my-ec2-provider"}, False),
    ],
)
def test_fargate_is_known_by_launch_type_or_capacity_provider(detail: dict[str, Any], fargate: bool) -> None:
    assert is_fargate(parse_event(event(**detail))) is fargate


def test_the_architecture_comes_from_the_attributes_in_oci_names() -> None:
    assert parse_event(event()).architecture == ""
    attributes = [{"name": "ecs.cpu-architecture", "value": "x86_64"}]
    assert parse_event(event(attributes=attributes)).architecture == "amd64"
    assert parse_event(event(attributes=[{"name": "ecs.cpu-architecture", "value": "arm64"}])).architecture == "arm64"


@pytest.mark.parametrize(
    ("group", "started_by"),
    [
        ("service:web", "ecs-svc/1234567890"),
        ("family:nightly", "events-rule/nightly"),
        ("family:nightly", "chronos-schedule/nightly"),
        ("family:one-off", "alice"),
        ("family:one-off", ""),
    ],
)
def test_who_started_a_task_is_kept(group: str, started_by: str) -> None:
    task = parse_event(event(group=group, startedBy=started_by))
    assert (task.group, task.started_by) == (group, started_by)


def test_tags_come_with_describe_tasks_only() -> None:
    assert parse_event(event()).tags == {}
    assert parse_event(event(tags=[{"key": "team", "value": "web"}, {"key": "", "value": "x"}, 5])).tags == {
        "team": "web"
    }


def test_a_container_without_an_image_is_not_ours_to_scan() -> None:
    containers = [{"name": "~internal~ecs~pause", "lastStatus": "RUNNING"}, {"name": "web", "image": "web:1"}]
    assert [container.name for container in parse_event(event(containers=containers)).containers] == ["web"]


def test_a_task_of_describe_tasks_has_datetimes() -> None:
    detail = event()["detail"] | {"startedAt": datetime(2026, 11, 23, 10, tzinfo=UTC)}
    task = parse_task(detail, source="sweep")
    assert task.started_at == "2026-11-23T10:00:00+00:00"
    assert task.source == "sweep"


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"source": "aws.ec2", "detail-type": "ECS Task State Change"},
        {"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "detail": {}},
        {"source": "aws.ecs", "detail-type": "ECS Task State Change"},
        event(taskArn="task/1"),
        event(version="3"),
        event(containers=None),
    ],
)
def test_what_is_no_task_event_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(NotATaskEventError):
        parse_event(broken)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*event()["detail"], "attributes", "startedBy", "tags", "unknown"]), JSON))
def test_no_event_of_any_shape_raises_anything_else(detail: dict[str, Any]) -> None:
    try:
        task = parse_event(event(**detail))
    except NotATaskEventError:
        return
    assert isinstance(task.version, int)
