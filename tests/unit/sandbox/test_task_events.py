from typing import Any

from landwaiter.sandbox.task_events import task_event

RECORD: dict[str, Any] = {
    "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/shop/1",
    "lastStatus": "RUNNING",
    "version": 3,
    "tags": [],
    "healthStatus": "UNKNOWN",
    "stopCode": "",
    "attachments": [{"id": "a", "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": []}],
    "containers": [{"name": "web", "healthStatus": "UNKNOWN", "networkBindings": [], "cpu": "0"}],
}


def test_the_event_differs_from_the_record_as_on_aws() -> None:
    detail = task_event(RECORD, lastStatus="DEPROVISIONING", version=5)
    assert detail["attachments"][0]["type"] == "eni"
    assert detail["containers"] == [{"name": "web", "cpu": "0"}]
    assert (detail["lastStatus"], detail["version"]) == ("DEPROVISIONING", 5)
    assert {"tags", "healthStatus", "stopCode"}.isdisjoint(detail)
    assert detail["updatedAt"].endswith("Z")


def test_the_record_stays_as_it_is() -> None:
    task_event(RECORD)
    assert RECORD["attachments"][0]["type"] == "ElasticNetworkInterface"
    assert RECORD["containers"][0]["healthStatus"] == "UNKNOWN"
