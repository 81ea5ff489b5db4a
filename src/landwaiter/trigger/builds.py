"""Start one CodeBuild build for each image that the platform leases to us."""

from collections.abc import Mapping
from typing import Any

from landwaiter.trigger.platform_client import PlatformClient, PlatformError


class BuildNotStartedError(Exception):
    """CodeBuild refused to start a build."""


def start_builds(
    codebuild: Any,  # noqa: ANN401 - a boto3 client has no static type at run time
    project: str,
    platform: PlatformClient,
    answers: list[dict[str, Any]],
    registry_secrets: Mapping[str, str],
) -> int:
    """Start a build for every answer in state "scan" and tell the platform which; return how many were started.

    `registry_secrets` names, by image, the secret with the credentials of a private registry. The scan's id is
    CodeBuild's idempotency token, so an event that AWS delivers twice starts one build. The lease of an image whose
    build is refused is given back. Raises BuildNotStartedError or PlatformError after all images were tried, so that
    AWS delivers the event again.
    """
    wanted = [answer for answer in answers if answer.get("state") == "scan"]
    failures: list[Exception] = []
    for answer in wanted:
        try:
            _start_one(codebuild, project, platform, answer, _variables(answer, registry_secrets))
        except (BuildNotStartedError, PlatformError) as error:
            failures.append(error)
    if failures:
        refused = any(isinstance(failure, BuildNotStartedError) for failure in failures)
        told = "; ".join(str(failure) for failure in failures)
        raise (BuildNotStartedError if refused else PlatformError)(told) from failures[0]
    return len(wanted)


def _start_one(
    codebuild: Any,  # noqa: ANN401 - see above
    project: str,
    platform: PlatformClient,
    answer: Mapping[str, Any],
    variables: Mapping[str, str],
) -> None:
    path = f"/api/v1/sensor/scans/{answer['scan_id']}/build"
    try:
        build = _start(codebuild, project, answer["scan_id"], variables)
    except _aws_errors() as error:
        refusal = f"project {project} did not start a build of {answer['image']}: {error}"
        try:
            platform.post(path, {"build_id": "", "error": str(error)[:500]})
        except PlatformError as unheard:
            refusal += f"; and the lease was not given back: {unheard}"
        raise BuildNotStartedError(refusal) from error
    print(f"build {build} scans {answer['image']}")
    platform.post(path, {"build_id": build, "error": ""})


def _start(codebuild: Any, project: str, scan_id: str, variables: Mapping[str, str]) -> str:  # noqa: ANN401 - see above
    overrides = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()]
    answer = codebuild.start_build(
        projectName=project, idempotencyToken=scan_id, environmentVariablesOverride=overrides
    )
    return str(answer["build"]["id"])


def _variables(answer: Mapping[str, Any], registry_secrets: Mapping[str, str]) -> dict[str, str]:
    return {
        "LANDWAITER_SCAN_ID": answer["scan_id"],
        "LANDWAITER_IMAGE": answer["image"],
        "LANDWAITER_DIGEST": answer.get("digest") or "",
        "LANDWAITER_IMAGE_PLATFORM": f"linux/{answer.get('architecture') or 'amd64'}",
        "LANDWAITER_REGISTRY_SECRET": registry_secrets.get(answer["image"], ""),
    }


def _aws_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - 60 ms that a known image never needs

    return (BotoCoreError, ClientError)
