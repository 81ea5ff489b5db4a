import pytest

from landwaiter.compliance.checks.check import NoParameters
from landwaiter.compliance.checks.image_config import (
    ForbiddenPorts,
    SensitiveVolumes,
    exposed_ports,
    health_check,
    non_root_user,
    sensitive_volumes,
)


def test_user(evidence):
    assert non_root_user(evidence(user="1000"), NoParameters()).status == "pass"
    assert non_root_user(evidence(user=""), NoParameters()).status == "fail"
    assert non_root_user(evidence(user="ghost"), NoParameters()).status == "not_assessed"
    assert non_root_user(evidence(config=False, digest=""), NoParameters()).status == "not_assessed"
    assert non_root_user(evidence(system="windows"), NoParameters()).status == "not_applicable"


def test_user_names_its_source(evidence, task):
    found = non_root_user(evidence(user="1000", task=task(container={"user": "root"})), NoParameters())
    assert found.status == "fail"
    assert found.evidence == ("user 'root' from the task definition",)


@pytest.mark.parametrize(
    ("test", "status"),
    [
        (("CMD", "curl", "x"), "pass"),
        (("CMD-SHELL", "x"), "pass"),
        (("NONE",), "fail"),
        ((), "fail"),
        (None, "fail"),
        (("CMD",), "fail"),
    ],
)
def test_health_check_of_the_image(evidence, test, status):
    assert health_check(evidence(test=test), NoParameters()).status == status


def test_health_check_of_the_image_is_said_to_be_ignored_by_ecs(evidence):
    assert "ECS ignores it" in health_check(evidence(test=("CMD", "x")), NoParameters()).message


def test_health_check_of_the_task_definition_counts(evidence, task):
    seen = evidence(task=task(container={"health_check": {"declared": True}}))
    assert health_check(seen, NoParameters()).status == "pass"
    assert health_check(evidence(task=task()), NoParameters()).status == "fail"


@pytest.mark.parametrize("volume", ["/dev", "/proc/sys", "/sys/", "//dev", "/./proc", "dev/shm"])
def test_system_folders_as_volumes_fail(evidence, volume):
    assert sensitive_volumes(evidence(volumes={volume: {}}), SensitiveVolumes()).status == "fail"


@pytest.mark.parametrize("volume", ["/data", "/device", "/var/dev", "/system"])
def test_other_volumes_pass(evidence, volume):
    assert sensitive_volumes(evidence(volumes={volume: {}}), SensitiveVolumes()).status == "pass"


def test_ports_of_remote_login_warn(evidence):
    assert exposed_ports(evidence(exposed_ports={"22/tcp": {}, "80/tcp": {}}), ForbiddenPorts()).evidence == ("22/tcp",)
    assert exposed_ports(evidence(exposed_ports={"2222/tcp": {}, "80": {}}), ForbiddenPorts()).status == "pass"
    assert exposed_ports(evidence(exposed_ports={"8022": {}}), ForbiddenPorts((8022,))).status == "warn"


@pytest.mark.parametrize("check", [health_check, sensitive_volumes, exposed_ports])
def test_without_config_nothing_is_assessed(evidence, check):
    parameters = {"sensitive_volumes": SensitiveVolumes(), "exposed_ports": ForbiddenPorts()}.get(
        check.__name__, NoParameters()
    )
    assert check(evidence(config=False, digest=""), parameters).status == "not_assessed"
