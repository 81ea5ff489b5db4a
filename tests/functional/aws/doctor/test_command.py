"""`landwaiter aws doctor` as a person and a pipeline run it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def doctor(patient: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    environment = {**os.environ, **patient.box.environ()}
    environment.pop("LANDWAITER_ADMIN_TOKEN", None)

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "landwaiter", "aws", "doctor", *arguments]
        return subprocess.run(
            command, env={**environment, **more}, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_well_broken_mended(patient: Any, doctor: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    patient.sick = True
    ran = doctor()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "0 failed" not in ran.stdout
    assert "passed  LW-NET-001  There is a VPC for function and project" in ran.stdout
    patient.client("events").disable_rule(Name="LandwaiterTaskRunning")
    ran = doctor("--only", "LW-EVT", "--format", "json")
    assert ran.returncode == 1
    report = json.loads(ran.stdout)
    assert (report["account"], report["region"]) == ("123456789012", "us-east-1")
    assert report["summary"]["failed"] == 1
    broken = next(one for one in report["checks"] if one["status"] == "failed")
    assert (broken["id"], broken["mend"]) == ("LW-EVT-002", "aws events enable-rule --name LandwaiterTaskRunning")
    assert {one["id"][:6] for one in report["checks"]} == {"LW-EVT"}
    ran = doctor("--only", "LW-EVT-002")
    assert ran.returncode == 1
    assert "why: A disabled rule drops every event in silence." in ran.stdout
    assert "or: landwaiter aws doctor --fix --only LW-EVT-002" in ran.stdout
    ran = doctor("--fix")
    assert ran.returncode == 0, ran.stdout
    assert "done: Enabled LandwaiterTaskRunning." in ran.stdout
    patient.sick = False


def test_wrong_usage(doctor: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    ran = doctor("--only", "LW-NET-999")
    assert ran.returncode == 2
    assert ran.stderr.startswith("landwaiter: There is no check LW-NET-999.\n  Did you mean LW-NET-0")
    ran = doctor("--only", "LW-NET-001", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")
    assert ran.returncode == 3
    assert "Traceback" not in ran.stderr
