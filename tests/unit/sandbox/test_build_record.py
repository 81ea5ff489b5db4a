from typing import Any

from landwaiter.sandbox.build_record import BuildRecord


def make(project: dict[str, Any] | None = None, request: dict[str, Any] | None = None) -> BuildRecord:
    value = {"id": "p:1", "arn": "arn:aws:codebuild:us-east-1:1:build/p:1", "endTime": 1}
    default = {"name": "p", "environment": {"type": "LINUX_CONTAINER", "image": "i"}, "source": {"type": "NO_SOURCE"}}
    return BuildRecord(value, {**default, **(project or {})}, request or {})


def test_a_new_build_is_queued() -> None:
    record = make()
    assert record.value["buildStatus"] == "IN_PROGRESS"
    assert record.value["buildComplete"] is False
    assert "endTime" not in record.value
    assert [phase["phaseType"] for phase in record.value["phases"]] == ["SUBMITTED", "QUEUED"]
    assert record.value["phases"][0]["phaseStatus"] == "SUCCEEDED"
    assert "phaseStatus" not in record.value["phases"][1]


def test_overrides_are_part_of_the_record_and_not_of_the_project() -> None:
    project = {"environment": {"image": "i", "environmentVariables": [{"name": "A", "value": "1"}]}}
    record = make(
        project,
        {
            "environmentVariablesOverride": [{"name": "A", "value": "2"}],
            "buildspecOverride": "x",
            "sourceTypeOverride": "S3",
            "sourceLocationOverride": "b/k",
            "timeoutInMinutesOverride": 5,
        },
    )
    assert record.variables == [{"name": "A", "value": "2"}]
    assert record.source == {"type": "S3", "location": "b/k", "buildspec": "x"}
    assert record.value["timeoutInMinutes"] == 5
    assert project["environment"]["environmentVariables"] == [{"name": "A", "value": "1"}]


def test_a_failed_phase_keeps_its_reason() -> None:
    record = make()
    record.phase("BUILD")
    record.fail_phase("COMMAND_EXECUTION_ERROR", "exit status 1")
    record.finish("FAILED")
    build = next(phase for phase in record.value["phases"] if phase["phaseType"] == "BUILD")
    assert build["phaseStatus"] == "FAILED"
    assert build["contexts"] == [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": "exit status 1"}]
    assert build["endTime"] >= build["startTime"]
    assert record.value["buildStatus"] == "FAILED"
    assert record.value["currentPhase"] == "COMPLETED"


def test_the_projects_log_group_is_used() -> None:
    logs = {"logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": "g", "streamName": "s"}}}
    assert make(logs).value["logs"]["groupName"] == "g"
    assert make(logs).value["logs"]["streamName"] == "s/1"
    assert make().value["logs"]["groupName"] == "/aws/codebuild/p"
