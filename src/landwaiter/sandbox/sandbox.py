"""The sandbox as its users see it: AWS on this machine, for as long as a `with` block.

    with Sandbox.start(folder) as box:
        box.client("ecs").list_clusters()

Two sandboxes share nothing: each has its process, its port, its folder.
"""

import contextlib
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from landwaiter.errors import InputError, UnreachableError
from landwaiter.sandbox import leash
from landwaiter.sandbox.aws_client import Clients
from landwaiter.sandbox.push import Pushed, Registry
from landwaiter.sandbox.settings import ACCOUNT, PASSED_ON, REGION, Settings

_START_SECONDS = 60.0


class Sandbox:
    """A running AWS stand-in. Make it with `start()`."""

    def __init__(self, settings: Settings, process: "subprocess.Popen[bytes]", leash_end: int) -> None:
        self._settings = settings
        self._process = process
        self._leash_end = leash_end
        self._clients = Clients(settings)

    @classmethod
    def start(
        cls,
        folder: Path,
        port: int = 0,
        *,
        account: str = ACCOUNT,
        region: str = REGION,
        task_step: float = 0.1,
        retry_delay: float = 0.2,
        concurrent_builds: int = 4,
        registry_auth: bool = True,
    ) -> Self:
        """Start a stand-in that writes below `folder` only, on a free port unless one is given.

        `Settings` says what the other settings mean. Raises `InputError` when the port is taken and `UnreachableError`
        when the stand-in does not come up, with the end of its log.
        """
        if sys.platform != "linux":
            raise InputError("The sandbox runs on Linux only.", "Run it in a container or a virtual machine.")
        folder.mkdir(parents=True, exist_ok=True)
        more = task_step, retry_delay, concurrent_builds, registry_auth
        return cls._start(Settings(folder.resolve(), port, account, region, *more))

    @classmethod
    def _start(cls, settings: Settings) -> Self:
        kept, held = os.pipe()
        command = [sys.executable, "-S", leash.__file__, str(kept)]
        command += [sys.executable, "-m", "landwaiter.sandbox.stand_in", *settings.arguments()]
        with (settings.folder / "start.log").open("wb") as errors:
            process = subprocess.Popen(
                command,
                pass_fds=[kept],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            )
        os.close(kept)
        box = cls(settings, process, held)
        try:
            box._settings = replace(settings, port=box._wait_for_port())
        except BaseException:
            box.stop()
            raise
        box._clients = Clients(box._settings)
        return box

    def _wait_for_port(self) -> int:
        output = self._process.stdout
        line = b""
        if output is not None and select.select([output], [], [], _START_SECONDS)[0]:
            line = output.readline()
        if line.startswith(b"ready "):
            return int(line.split()[1])
        said = (self.folder / "start.log").read_text(encoding="utf-8", errors="replace")
        if "Address already in use" in said:
            raise InputError(
                f"Port {self._settings.port} is taken.", "Choose another with --port, or 0 for a free one."
            )
        last = said.strip().splitlines()[-1:] or ["no reason given"]
        raise UnreachableError(f"The AWS stand-in did not start: {last[0]}.", f"See {self.folder / 'start.log'}.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the stand-in and every process it started. May be called again."""
        if self._leash_end >= 0:
            os.close(self._leash_end)
            self._leash_end = -1
        try:
            self._process.wait(leash.GRACE + 10)
        except subprocess.TimeoutExpired:
            leash.end_all(self._process.pid)
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    @property
    def running(self) -> bool:
        """Tell whether the stand-in is up."""
        return self._process.poll() is None

    @property
    def folder(self) -> Path:
        """Where everything is written; logs are in its `logs` folder."""
        return self._settings.folder

    @property
    def endpoint(self) -> str:
        """The URL of every AWS service."""
        return self._settings.endpoint

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self._settings.port

    @property
    def account(self) -> str:
        """The account that requests with our credentials belong to."""
        return self._settings.account

    @property
    def region(self) -> str:
        """The region of our clients."""
        return self._settings.region

    @property
    def registry(self) -> str:
        """Host and port of the container registry, to be put before a repository's name."""
        return self._settings.registry

    def client(self, service: str) -> Any:  # noqa: ANN401 - the service decides the type
        """A boto3 client of a service, such as "ecs"."""
        return self._clients.get(service)

    def environ(self) -> Mapping[str, str]:
        """The variables that point the AWS SDK or CLI of a child process at this sandbox."""
        return self._settings.aws_environment()

    def push(self, target: str, repository: str, tag: str = "latest") -> Pushed:
        """Push an image (OCI layout or archive, Docker archive) into the registry, making the repository if need be."""
        ecr = self.client("ecr")
        with contextlib.suppress(ecr.exceptions.RepositoryAlreadyExistsException):
            ecr.create_repository(repositoryName=repository)
        with Registry(self.endpoint, self.registry) as registry:
            return registry.push_image(target, repository, tag)

    def logs(self, group: str) -> list[str]:
        """The lines of a CloudWatch log group, oldest first; empty when there is none of that name."""
        client = self.client("logs")
        with contextlib.suppress(client.exceptions.ResourceNotFoundException):
            events: list[dict[str, Any]] = []
            for stream in client.describe_log_streams(logGroupName=group)["logStreams"]:
                answer = client.get_log_events(
                    logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
                )
                events += answer["events"]
            return [event["message"] for event in sorted(events, key=lambda event: event["timestamp"])]
        return []

    def wait_for_build(self, build_id: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until a CodeBuild build has ended and return its record; raises `UnreachableError` after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            builds = self.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
            if builds and builds[0].get("buildComplete"):
                return dict(builds[0])
            time.sleep(0.05)
        raise UnreachableError(f"Build {build_id} has not ended after {seconds:g} s.")

    def remove(self) -> None:
        """Stop, and delete all that was written."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
