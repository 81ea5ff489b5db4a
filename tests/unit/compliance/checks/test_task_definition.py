import pytest

from landwaiter.compliance.checks import CHECKS
from landwaiter.compliance.checks.check import NoParameters
from landwaiter.compliance.checks.task_definition import PlatformVersions, SecretNames
from landwaiter.compliance.models import TaskContainer
from landwaiter.inventory.models import Account, FileEvidence

LATEST = PlatformVersions("1.4.0", "1.0.0")
PARAMETERS = {"platform_version": LATEST, "environment_secrets": SecretNames(("AWS_ACCESS_KEY_ID",))}
WINDOWS = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
EFS = "efsVolumeConfiguration"


def run(name, evidence):
    return CHECKS[name].run(evidence, PARAMETERS.get(name, NoParameters()))


@pytest.mark.parametrize(
    ("check", "fields", "status"),
    [
        ("privileged", {"container": {"privileged": True}}, "fail"),
        ("privileged", {"container": {"privileged": False}}, "pass"),
        ("privileged", {}, "pass"),
        ("host_process_namespace", {"pid_mode": "host"}, "fail"),
        ("host_process_namespace", {"pid_mode": "task"}, "pass"),
        ("host_process_namespace", {}, "pass"),
        ("host_network", {"network_mode": "host"}, "fail"),
        ("host_network", {"network_mode": "awsvpc"}, "pass"),
        ("read_only_root", {}, "fail"),
        ("read_only_root", {"container": {"readonly_root_filesystem": False}}, "fail"),
        ("read_only_root", {"container": {"readonly_root_filesystem": True}}, "pass"),
        ("read_only_root", {"runtime_platform": WINDOWS}, "not_applicable"),
        ("environment_secrets", {}, "pass"),
        ("environment_secrets", {"container": {"environment": ({"name": "AWS_ACCESS_KEY_ID"},)}}, "fail"),
        ("environment_secrets", {"container": {"environment": ({"name": "X", "secret": "jwt"},)}}, "fail"),
        ("environment_secrets", {"container": {"environment": ({"name": "X"},)}}, "pass"),
        ("environment_secrets", {"container": {"secrets": ({"name": "AWS_ACCESS_KEY_ID"},)}}, "pass"),
        ("logging", {}, "fail"),
        ("logging", {"container": {"log_configuration": {}}}, "fail"),
        ("logging", {"container": {"log_configuration": {"logDriver": "awslogs"}}}, "pass"),
        ("platform_version", {}, "not_assessed"),
        ("platform_version", {"platform_version": "LATEST"}, "not_assessed"),
        ("platform_version", {"platform_version": "1.3.0"}, "fail"),
        ("platform_version", {"platform_version": "1.4.0"}, "pass"),
        ("platform_version", {"platform_version": "1.10.0"}, "pass"),
        ("platform_version", {"platform_version": "1.0.0", "runtime_platform": WINDOWS}, "pass"),
        ("efs_encryption", {}, "not_applicable"),
        ("efs_encryption", {"volumes": ({"name": "scratch"},)}, "not_applicable"),
        ("efs_encryption", {"volumes": ({"name": "v", EFS: {"fileSystemId": "fs-1"}},)}, "fail"),
        ("efs_encryption", {"volumes": ({"name": "v", EFS: {"transitEncryption": "DISABLED"}},)}, "fail"),
        ("efs_encryption", {"volumes": ({"name": "v", EFS: {"transitEncryption": "ENABLED"}},)}, "pass"),
        ("efs_encryption", {"volumes": ({"name": "v", EFS: "strange"},)}, "fail"),
        ("linux_user", {"container": {"user": "1000:1000"}}, "pass"),
        ("linux_user", {"container": {"user": "root"}}, "fail"),
        ("linux_user", {"container": {"user": "0:1000"}}, "fail"),
        ("linux_user", {}, "fail"),
        ("linux_user", {"runtime_platform": WINDOWS}, "not_applicable"),
        ("windows_user", {}, "not_applicable"),
        ("windows_user", {"runtime_platform": WINDOWS}, "fail"),
        ("windows_user", {"runtime_platform": WINDOWS, "container": {"user": "ContainerAdministrator"}}, "fail"),
        ("windows_user", {"runtime_platform": WINDOWS, "container": {"user": "ContainerUser"}}, "pass"),
        ("host_network_as_root", {}, "pass"),
        ("host_network_as_root", {"network_mode": "host"}, "fail"),
        ("host_network_as_root", {"network_mode": "host", "container": {"user": "5", "privileged": True}}, "fail"),
        ("host_network_as_root", {"network_mode": "host", "container": {"user": "5"}}, "pass"),
    ],
)
def test_task_definition(evidence, task, check, fields, status):
    assert run(check, evidence(task=task(**fields))).status == status


def test_a_silent_definition_passes_when_the_image_has_a_user(evidence, task):
    found = run("linux_user", evidence(user="1000", task=task()))
    assert (found.status, found.evidence) == ("pass", ("app: The user id 1000, set by the image, is not root's.",))


def test_the_images_user_is_resolved_through_its_own_passwd_only(evidence, task):
    passwd = FileEvidence(accounts=(Account("app", 1000, 1000, "shadow"),), has_passwd=True)
    own = TaskContainer("app", image="registry.example.com/team/app:1", user="app")
    assert run("linux_user", evidence(files=passwd, task=task(own))).status == "pass"
    sidecar = TaskContainer("log", image="log:1", user="app")
    assert run("linux_user", evidence(files=passwd, task=task(own, sidecar))).status == "not_assessed"


@pytest.mark.parametrize(
    ("user", "status"), [("5", "pass"), ("0", "fail"), (None, "not_assessed"), ("log", "not_assessed")]
)
def test_sidecars_count(evidence, task, user, status):
    own = TaskContainer("app", image="registry.example.com/team/app:1", user="1000")
    assert run("linux_user", evidence(task=task(own, TaskContainer("log", user=user)))).status == status


def test_any_container_of_the_task_fails_it(evidence, task):
    two = task(TaskContainer("app", readonly_root_filesystem=True), TaskContainer("log"))
    assert run("read_only_root", evidence(task=two)).evidence == ("log",)


@pytest.mark.parametrize("name", [name for name, check in CHECKS.items() if "task_" in check.run.__module__])
def test_a_definition_without_containers_is_not_assessed(evidence, task, name):
    from landwaiter.compliance.models import TaskDefinition

    parameters = CHECKS[name].parameters
    given = PARAMETERS.get(name) or parameters()
    assert CHECKS[name].run(evidence(task=TaskDefinition("arn")), given).status == "not_assessed"
    assert CHECKS[name].run(evidence(), given).status == "not_assessed"
