import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from landwaiter.sandbox.sandbox import Sandbox

Zipped = Callable[[dict[str, str]], bytes]


class Project:
    def __init__(self, box: Sandbox, name: str) -> None:
        self.box, self.name = box, name
        self.client = box.client("codebuild")

    def create(self, buildspec: str, *, source: dict[str, str] | None = None, **more: Any) -> None:
        environment = {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": more.pop("variables", []),
        }
        self.client.create_project(
            name=self.name,
            source={"type": "NO_SOURCE", **(source or {}), "buildspec": buildspec},
            artifacts={"type": "NO_ARTIFACTS"},
            environment=environment,
            serviceRole="arn:aws:iam::123456789012:role/any",
            **more,
        )

    def start(self, **more: Any) -> str:
        return str(self.client.start_build(projectName=self.name, **more)["build"]["id"])

    def run(self, **more: Any) -> dict[str, Any]:
        return self.box.wait_for_build(self.start(**more), 60)

    def log(self) -> list[str]:
        return [line for line in self.box.logs(f"/aws/codebuild/{self.name}") if not line.startswith("[Container]")]


@pytest.fixture
def project(box: Sandbox, unique: str) -> Project:
    return Project(box, unique)


def spec(**phases: list[str]) -> str:
    text = "version: 0.2\nphases:\n"
    for name, commands in phases.items():
        text += f"  {name}:\n    commands:\n" + "".join(f"      - {command}\n" for command in commands)
    return text


def phases(build: dict[str, Any]) -> dict[str, str]:
    return {phase["phaseType"]: phase.get("phaseStatus", "") for phase in build["phases"]}


def test_an_s3_source_is_unpacked_and_run(box: Sandbox, project: Project, zipped: Zipped) -> None:
    s3 = box.client("s3")
    s3.create_bucket(Bucket=project.name)
    files = {"job/__init__.py": "", "job/__main__.py": "import sys\nprint('job', sys.argv[1:])\n"}
    s3.put_object(Bucket=project.name, Key="a/source.zip", Body=zipped(files))
    project.create(
        spec(build=["python3 -m job one", 'test "$CODEBUILD_SRC_DIR" = "$PWD"', "python -m job two"]),
        source={"type": "S3", "location": f"{project.name}/a/source.zip"},
    )
    build = project.run()
    assert build["buildStatus"] == "SUCCEEDED"
    assert project.log() == ["job ['one']", "job ['two']"]
    assert list(phases(build)) == [
        *("SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"),
        *("FINALIZING", "COMPLETED"),
    ]
    assert {status for name, status in phases(build).items() if name != "COMPLETED"} == {"SUCCEEDED"}
    assert build["endTime"] >= build["startTime"]
    assert not list((box.folder / "builds").glob(f"{project.name}-*"))


def test_a_failing_command_fails_the_build(project: Project) -> None:
    project.create(
        spec(build=["echo one", "python3 -c 'raise SystemExit(3)'", "echo never"], post_build=["echo after"])
    )
    build = project.run()
    assert build["buildStatus"] == "FAILED"
    assert build["buildComplete"] is True
    failed = next(phase for phase in build["phases"] if phase["phaseType"] == "BUILD")
    assert failed["phaseStatus"] == "FAILED"
    assert failed["contexts"][0]["statusCode"] == "COMMAND_EXECUTION_ERROR"
    assert failed["contexts"][0]["message"].endswith("SystemExit(3)'. Reason: exit status 3")
    assert project.log() == ["one", "after"]


def test_a_failing_preparation_skips_the_rest(project: Project) -> None:
    project.create(spec(pre_build=["false"], build=["echo never"], post_build=["echo never"]))
    build = project.run()
    assert build["buildStatus"] == "FAILED"
    assert "BUILD" not in phases(build)
    assert project.log() == []


def test_finally_runs_after_a_failure(project: Project) -> None:
    text = "version: 0.2\nphases:\n  build:\n    commands:\n      - exit 4\n    finally:\n      - echo always\n"
    project.create(text)
    assert project.run()["buildStatus"] == "FAILED"
    assert project.log() == ["always"]


def test_variables_and_folder_last_over_commands_and_phases(project: Project) -> None:
    commands = ['export GREETING="hi  there"', "mkdir sub && cd sub", "SHELL_ONLY=1"]
    project.create(
        spec(install=commands, build=['echo "$GREETING"', 'basename "$PWD"', "echo $CODEBUILD_BUILD_SUCCEEDING"])
    )
    assert project.run()["buildStatus"] == "SUCCEEDED"
    assert project.log() == ["hi  there", "sub", "1"]


def test_secrets_are_resolved_and_overrides_win(box: Sandbox, project: Project) -> None:
    secrets = box.client("secretsmanager")
    arn = secrets.create_secret(Name=project.name, SecretString='{"user": "u", "password": "p:q"}')["ARN"]
    variables = [
        {"name": "WHOLE", "value": arn, "type": "SECRETS_MANAGER"},
        {"name": "PART", "value": f"{arn}:password", "type": "SECRETS_MANAGER"},
        {"name": "BY_NAME", "value": f"{project.name}:user", "type": "SECRETS_MANAGER"},
        {"name": "PLAIN", "value": "project", "type": "PLAINTEXT"},
    ]
    project.create(spec(build=['echo "$WHOLE $PART $BY_NAME $PLAIN $MORE"']), variables=variables)
    overrides = [
        {"name": "PLAIN", "value": "override", "type": "PLAINTEXT"},
        {"name": "MORE", "value": "more", "type": "PLAINTEXT"},
    ]
    build = project.run(environmentVariablesOverride=overrides)
    assert project.log() == ['{"user": "u", "password": "p:q"} p:q u override more']
    told = {one["name"]: one["value"] for one in build["environment"]["environmentVariables"]}
    assert told["PART"] == f"{arn}:password"


def test_a_secret_that_is_not_there_fails_the_build(project: Project) -> None:
    project.create(
        spec(build=["echo never"]), variables=[{"name": "S", "value": "no-such-secret", "type": "SECRETS_MANAGER"}]
    )
    build = project.run()
    assert build["buildStatus"] == "FAILED"
    failed = next(phase for phase in build["phases"] if phase["phaseType"] == "PROVISIONING")
    assert "no-such-secret" in failed["contexts"][0]["message"]


def test_a_source_that_is_not_there_fails_the_build(box: Sandbox, project: Project) -> None:
    box.client("s3").create_bucket(Bucket=project.name)
    project.create(spec(build=["true"]), source={"type": "S3", "location": f"{project.name}/none.zip"})
    build = project.run()
    assert build["buildStatus"] == "FAILED"
    assert phases(build)["DOWNLOAD_SOURCE"] == "CLIENT_ERROR"


def test_nothing_of_this_machine_leaks_in(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import importlib.util as u; print([u.find_spec(n) for n in ('landwaiter', 'boto3', 'msgspec', 'pytest')])"
    project.create(spec(build=[f'python3 -c "{code}"', "env | cut -d= -f1 | xargs echo", "cat /etc/hosts"]))
    project.run()
    log = project.log()
    assert log[0] == "[None, None, None, None]"
    names = {name for name in log[1].split() if not name.startswith(("AWS_", "CODEBUILD_"))}
    assert names <= {"PATH", "HOME", "TMPDIR", "LANG", "PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}


def test_a_build_can_be_stopped(box: Sandbox, project: Project, eventually: Callable[..., Any]) -> None:
    project.create(spec(build=["echo begun", "sleep 120"], post_build=["echo never"]))
    build_id = project.start()
    assert eventually(lambda: "begun" in project.log())
    project.client.stop_build(id=build_id)
    started = time.monotonic()
    build = box.wait_for_build(build_id, 20)
    assert time.monotonic() - started < 10
    assert build["buildStatus"] == "STOPPED"
    assert project.log() == ["begun"]


def test_the_projects_limit_refuses_more_builds(box: Sandbox, project: Project) -> None:
    project.create(spec(build=["sleep 30"]), concurrentBuildLimit=1)
    assert project.client.batch_get_projects(names=[project.name])["projects"][0]["concurrentBuildLimit"] == 1
    first = project.start()
    with pytest.raises(ClientError, match="AccountLimitExceededException"):
        project.start()
    project.client.stop_build(id=first)
    box.wait_for_build(first, 20)
    project.client.stop_build(id=project.start())


def test_a_project_keeps_its_vpc_when_it_is_updated(project: Project) -> None:
    vpc = {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    project.create(spec(build=["true"]), vpcConfig=vpc)

    def described() -> dict[str, Any]:
        return project.client.batch_get_projects(names=[project.name])["projects"][0]

    assert described()["vpcConfig"] == vpc
    moved = {**vpc, "subnets": ["subnet-2"]}
    assert project.client.update_project(name=project.name, vpcConfig=moved)["project"]["vpcConfig"] == moved
    project.client.update_project(name=project.name, description="other")
    assert described()["vpcConfig"] == moved


def test_a_buildspec_that_is_none_fails_the_build(project: Project) -> None:
    project.create("version: 0.2\nphases:\n  deploy:\n    commands: [true]\n")
    build = project.run()
    assert build["buildStatus"] == "FAILED"
    assert any(
        "YAML_FILE_ERROR" in context["message"] for phase in build["phases"] for context in phase.get("contexts", [])
    )


def test_the_same_idempotency_token_starts_one_build(project: Project) -> None:
    project.create(spec(build=["true"]))
    first = project.start(idempotencyToken="scan-1")
    assert project.start(idempotencyToken="scan-1") == first
    assert project.start(idempotencyToken="scan-2") != first
    assert project.start() != project.start()
