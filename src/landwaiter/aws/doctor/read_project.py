"""Reading the CodeBuild project and how its latest builds ended."""

from collections.abc import Mapping
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.ca.project import variable_text
from landwaiter.aws.doctor.estate import Build, Certificate, Project, Unseen, Variable
from landwaiter.aws.doctor.read_layers import certificates_of
from landwaiter.aws.doctor.reading import Account, attempt

_LATEST = 10


def read_project(account: Account) -> Project | Unseen | None:
    """The project by the runbook's name."""
    return attempt("codebuild", lambda: _project(account))


def read_builds(account: Account, project: Project | Unseen | None) -> tuple[Build, ...] | Unseen:
    """The latest builds that have ended, newest first."""
    if not isinstance(project, Project):
        return project or Unseen("There is no project: see LW-BLD-001.")
    return attempt("codebuild", lambda: _builds(account))


def _project(account: Account) -> Project | None:
    projects = account.client("codebuild").batch_get_projects(names=[names.PROJECT])["projects"]
    if not projects:
        return None
    found = projects[0]
    place, environment = found.get("vpcConfig") or {}, found.get("environment") or {}
    variables = {
        one["name"]: Variable(str(one.get("value", "")), str(one.get("type") or "PLAINTEXT"))
        for one in environment.get("environmentVariables") or []
    }
    return Project(
        arn=found["arn"],
        ours="landwaiter.scan" in str((found.get("source") or {}).get("buildspec", "")),
        role_arn=str(found.get("serviceRole", "")),
        vpc_id=str(place.get("vpcId") or ""),
        subnet_ids=tuple(place.get("subnets") or ()),
        group_ids=tuple(place.get("securityGroupIds") or ()),
        environment=variables,
        limit=found.get("concurrentBuildLimit"),
        privileged=bool(environment.get("privilegedMode")),
        certificates=attempt("secretsmanager", lambda: _roots(account, variables)),
    )


def _roots(account: Account, variables: Mapping[str, Variable]) -> tuple[Certificate, ...]:
    text = variable_text(account.client) if "LANDWAITER_ROOT_CA" in variables else ""
    return (certificates_of(text.encode()) or ()) if text else ()


def _builds(account: Account) -> tuple[Build, ...]:
    codebuild = account.client("codebuild")
    ids = codebuild.list_builds_for_project(projectName=names.PROJECT, sortOrder="DESCENDING").get("ids", [])[:_LATEST]
    found = codebuild.batch_get_builds(ids=ids)["builds"] if ids else []
    ended = [_build(one) for one in found if one.get("buildComplete")]
    return tuple(sorted(ended, key=lambda one: one.started.timestamp() if one.started else 0.0, reverse=True))


def _build(found: Mapping[str, Any]) -> Build:
    failed: Mapping[str, Any] = next(
        (one for one in found.get("phases") or [] if one.get("phaseStatus") not in {None, "SUCCEEDED"}), {}
    )
    reasons = [str(one.get("message", "")) for one in failed.get("contexts") or []]
    return Build(
        id=found["id"],
        succeeded=found.get("buildStatus") == "SUCCEEDED",
        started=found.get("startTime"),
        phase=str(failed.get("phaseType", "")),
        reason=" ".join(filter(None, reasons))[:300],
    )
