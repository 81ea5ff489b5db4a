import pytest

from landwaiter.compliance.checks import CHECKS
from landwaiter.compliance.checks.task_hardening import CapabilitiesAllowed
from landwaiter.compliance.models import TaskContainer

ROLE = "arn:aws:iam::123456789012:role/app"
BY_DIGEST = "registry.example.com/a@sha256:" + "0" * 64
ADDED = {"linux_parameters": {"capabilities": {"add": ["SYS_PTRACE"]}}}


@pytest.mark.parametrize(
    ("check", "fields", "status"),
    [
        ("image_by_digest", {}, "warn"),
        ("image_by_digest", {"container": {"image": BY_DIGEST}}, "pass"),
        ("image_by_digest", {"container": {"image": "a:sha256-" + "0" * 64}}, "warn"),
        ("image_by_digest", {"container": {"image": ""}}, "warn"),
        ("execute_command", {}, "not_assessed"),
        ("execute_command", {"enable_execute_command": True}, "fail"),
        ("execute_command", {"enable_execute_command": False}, "pass"),
        ("separate_roles", {}, "pass"),
        ("separate_roles", {"task_role_arn": ROLE, "execution_role_arn": ROLE}, "fail"),
        ("separate_roles", {"task_role_arn": ROLE, "execution_role_arn": ROLE + "-start"}, "pass"),
        ("added_capabilities", {}, "pass"),
        ("added_capabilities", {"container": ADDED}, "fail"),
        ("added_capabilities", {"container": {"linux_parameters": {"capabilities": {"drop": ["ALL"]}}}}, "pass"),
        ("added_capabilities", {"container": {"linux_parameters": {"capabilities": "ALL"}}}, "pass"),
        ("log_mode", {}, "not_applicable"),
        ("log_mode", {"container": {"log_configuration": {"logDriver": "awslogs"}}}, "not_assessed"),
        ("log_mode", {"container": {"log_configuration": {"logDriver": "awslogs", "mode": "blocking"}}}, "warn"),
        (
            "log_mode",
            {"container": {"log_configuration": {"logDriver": "x", "options": {"mode": "non-blocking"}}}},
            "pass",
        ),
        ("container_health", {}, "fail"),
        ("container_health", {"container": {"health_check": {"declared": True}}}, "pass"),
        ("shared_process_namespace", {"pid_mode": "task"}, "pass"),
    ],
)
def test_hardening(evidence, task, check, fields, status):
    parameters = CHECKS[check].parameters()
    assert CHECKS[check].run(evidence(task=task(**fields)), parameters).status == status


def test_a_shared_process_namespace_matters_with_several_containers(evidence, task):
    two = (TaskContainer("app"), TaskContainer("log"))
    check = CHECKS["shared_process_namespace"]
    assert check.run(evidence(task=task(*two, pid_mode="task")), check.parameters()).status == "warn"
    assert check.run(evidence(task=task(*two)), check.parameters()).status == "pass"


def test_capabilities_may_be_allowed(evidence, task):
    check = CHECKS["added_capabilities"]
    assert check.run(evidence(task=task(container=ADDED)), CapabilitiesAllowed(("SYS_PTRACE",))).status == "pass"
