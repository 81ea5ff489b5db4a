"""What the stand-in is told by the process that starts it."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "123456789012"
REGION = "us-east-1"
# The only variables of this machine that the stand-in gets to see; its children get no more than PATH of them.
PASSED_ON = ("PATH", "LANG", "TZ", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one stand-in. Everything it writes lies below `folder`. Times are in seconds.

    `task_step` is the time a task spends in each state before RUNNING; AWS takes half a minute for all of them.
    `retry_delay` is the first pause between attempts of an asynchronous invocation (AWS: one minute); it doubles each
    time. `concurrent_builds` is how many builds run at once; more wait in QUEUED, as in an AWS account. Without
    `registry_auth` the registry lets everybody in; with it, it asks for the token that ECR gives out.
    """

    folder: Path
    port: int = 0
    account: str = ACCOUNT
    region: str = REGION
    task_step: float = 0.1
    retry_delay: float = 0.2
    concurrent_builds: int = 4
    registry_auth: bool = True

    @property
    def endpoint(self) -> str:
        """The URL of every service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def registry(self) -> str:
        """Host and port of the container registry; its name carries account and region as ECR's does."""
        return f"{self.account}.dkr.ecr.{self.region}.localhost:{self.port}"

    def arguments(self) -> list[str]:
        """The command line arguments from which `parse_arguments` makes these settings again."""
        return [
            f"--folder={self.folder}",
            f"--port={self.port}",
            f"--account={self.account}",
            f"--region={self.region}",
            f"--task-step={self.task_step}",
            f"--retry-delay={self.retry_delay}",
            f"--concurrent-builds={self.concurrent_builds}",
            "--registry-auth" if self.registry_auth else "--no-registry-auth",
        ]

    def aws_environment(self) -> dict[str, str]:
        """The variables that point an AWS SDK at the stand-in. The emulator takes a 12-digit key as the account."""
        return {
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
        }


def parse_arguments(arguments: Sequence[str]) -> Settings:
    """Read the command line of `python -m landwaiter.sandbox.stand_in`."""
    parser = argparse.ArgumentParser(prog="python -m landwaiter.sandbox.stand_in")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--account", default=ACCOUNT)
    parser.add_argument("--region", default=REGION)
    parser.add_argument("--task-step", type=float, default=0.1)
    parser.add_argument("--retry-delay", type=float, default=0.2)
    parser.add_argument("--concurrent-builds", type=int, default=4)
    parser.add_argument("--registry-auth", action=argparse.BooleanOptionalAction, default=True)
    return Settings(**vars(parser.parse_args(arguments)))
