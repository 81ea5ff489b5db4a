"""Start one CodeBuild build for each image that the platform leases to us."""

from collections.abc import Mapping
from typing import Any

from landwaiter.trigger.platform_client import PlatformClient


class BuildNotStartedError(Exception):
    """CodeBuild refused to start a build; the lease was given back."""


def start_builds(
    codebuild: Any,  # noqa: ANN401 - a boto3 client has no static type at run time
    project: str,
    platform: PlatformClient,
    answers: list[dict[str, Any]],
    registry_secrets: Mapping[str, str],
) -> int:
    """Start a build for every answer in state "scan" and tell the platform which; return how many were started.

    `registry_secrets` names, by image, the secret with the credentials of a private registry. The scan's id is
    CodeBuild's idempotency token, so an event that AWS delivers twice starts one build. Raises BuildNotStartedError
    after all were tried, so that AWS delivers the event again.
    """
    refused = []
    wanted = [answer for answer in answers if answer.get("state") == "scan"]
    for answer in wanted:
        path = f"/api/v1/sensor/scans/{answer['scan_id']}/build"
        try:
            build = _start(codebuild, project, answer["scan_id"], _variables(answer, registry_secrets))
        except _aws_errors() as error:
            refused.append(f"{answer['image']}: {error}")
            platform.post(path, {"build_id": "", "error": str(error)[:500]})
        else:
            platform.post(path, {"build_id": build, "error": ""})
            print(f"build {build} scans {answer['image']}")
    if refused:
        raise BuildNotStartedError(f"project {project} did not start {len(refused)} build(s): {'; '.join(refused)}")
    return len(wanted)


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
