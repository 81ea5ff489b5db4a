"""Runs one build as CodeBuild runs it: source, phases, statuses, log.

A build's record (the emulator's, which BatchGetBuilds answers from) is kept up to date while it runs.
"""

import os
import shutil
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from landwaiter.errors import LandwaiterError
from landwaiter.sandbox import build_environment, buildspec, namespace, python_home
from landwaiter.sandbox.aws_client import Clients
from landwaiter.sandbox.build_log import BuildLog
from landwaiter.sandbox.build_process import BuildShell, PhaseResult
from landwaiter.sandbox.build_record import BuildRecord
from landwaiter.sandbox.settings import Settings


class BuildRunner:
    """One build. `run()` blocks until it has ended; `stop()` ends it early from another thread."""

    def __init__(self, record: BuildRecord, settings: Settings, clients: Clients) -> None:
        self.record = record
        self._settings = settings
        self._clients = clients
        self._folder = settings.folder / "builds" / record.build_id.replace(":", "-")
        self._shell: BuildShell | None = None
        self._stopped = False

    def stop(self) -> None:
        """Stop the build as soon as possible; its status becomes STOPPED."""
        self._stopped = True
        if self._shell is not None:
            self._shell.stop()

    def run(self) -> None:
        """Run the build from PROVISIONING to COMPLETED."""
        logs = self.record.value["logs"]
        file = self._settings.folder / "logs" / "builds" / f"{self._folder.name}.log"
        with BuildLog(self._clients, file, logs["groupName"], logs["streamName"]) as log:
            status = self._run(log)
            log.say(f"Build complete: {status}")
        self.record.finish(status)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, log: BuildLog) -> str:
        try:
            self.record.phase("PROVISIONING")
            values = build_environment.resolve(self._clients, self.record.variables)
            self.record.phase("DOWNLOAD_SOURCE")
            source = self._download()
            spec = buildspec.parse(self._buildspec(source))
            values = self._spec_values(spec) | values
        except LandwaiterError as error:
            log.say(str(error))
            self.record.fail_phase("CLIENT_ERROR", str(error), status="CLIENT_ERROR")
            return "FAILED"
        except (OSError, zipfile.BadZipFile) as error:
            log.say(str(error))
            self.record.fail_phase("CLIENT_ERROR", str(error), status="CLIENT_ERROR")
            return "FAILED"
        return self._phases(spec, self._environment(source, values), source, log)

    def _download(self) -> Path:
        """Put the source into a fresh folder: the unpacked zip of an S3 source, or nothing."""
        folder = self._folder / "src"
        folder.mkdir(parents=True)
        source = self.record.source
        if source.get("type") == "S3":
            bucket, key = source["location"].removeprefix("arn:aws:s3:::").split("/", 1)
            archive = self._folder / "source.zip"
            try:
                self._clients.get("s3").download_file(bucket, key, str(archive))
            except self._clients.get("s3").exceptions.ClientError as error:
                raise LandwaiterError(f"Cannot download the source s3://{bucket}/{key}: {error}") from error
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(folder)
        return folder

    def _buildspec(self, source: Path) -> str:
        text = str(self.record.source.get("buildspec") or "buildspec.yml")
        if "\n" in text:
            return text
        file = source / text
        if not file.is_file():
            raise LandwaiterError(f"YAML_FILE_ERROR: {text}: no such file in the source.")
        return file.read_text(encoding="utf-8")

    def _spec_values(self, spec: buildspec.BuildSpec) -> dict[str, str]:
        values = dict(spec.variables)
        values |= {
            name: build_environment.resolve_parameter(self._clients, text) for name, text in spec.parameters.items()
        }
        return values | {
            name: build_environment.resolve_secret(self._clients, text) for name, text in spec.secrets.items()
        }

    def _environment(self, source: Path, values: dict[str, str]) -> dict[str, str]:
        """All that a build's commands see: nothing of this machine's environment but PATH."""
        commands = python_home.command_folder(self._settings.folder / "builds" / ".commands")
        record = self.record.value
        (self._folder / "tmp").mkdir()
        return {
            "PATH": f"{commands}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self._folder / "tmp"),
            "TMPDIR": str(self._folder / "tmp"),
            "LANG": "C.UTF-8",
            **self._settings.aws_environment(),
            "CODEBUILD_BUILD_ID": record["id"],
            "CODEBUILD_BUILD_ARN": record["arn"],
            "CODEBUILD_BUILD_NUMBER": str(record["buildNumber"]),
            "CODEBUILD_BUILD_IMAGE": str(record["environment"].get("image", "")),
            "CODEBUILD_INITIATOR": record["initiator"],
            "CODEBUILD_LOG_PATH": record["logs"]["streamName"],
            "CODEBUILD_PROJECT_ARN": record["arn"].split(":build/")[0] + ":project/" + record["projectName"],
            "CODEBUILD_SRC_DIR": str(source),
            "CODEBUILD_START_TIME": str(int(record["startTime"] * 1000)),
            "CODEBUILD_KMS_KEY_ID": str(record["encryptionKey"]),
            **values,
        }

    def _phases(self, spec: buildspec.BuildSpec, environment: dict[str, str], source: Path, log: BuildLog) -> str:
        self._shell = shell = BuildShell([*self._view(), spec.shell], source, environment, log.write)
        if self._stopped:
            shell.stop()
        deadline = time.monotonic() + 60.0 * float(self.record.value["timeoutInMinutes"])
        succeeding = True
        for phase in spec.phases:
            if not succeeding and phase.name != "post_build":
                continue
            self.record.phase(phase.name.upper())
            log.say(f"Entering phase {phase.name.upper()}")
            extra = {"CODEBUILD_BUILD_SUCCEEDING": str(int(succeeding))}
            result = shell.run(phase.commands, extra, deadline)
            last = shell.run(phase.finally_commands, extra, deadline)
            result = result if result.exit_code else last
            if result.ending != "done":
                return self._ended(result, log)
            self._report(phase, result, log)
            succeeding = succeeding and (not result.exit_code or phase.keep_going)
            if result.exit_code and not phase.keep_going and phase.name in ("install", "pre_build"):
                break
        return "SUCCEEDED" if succeeding else "FAILED"

    def _view(self) -> Sequence[str]:
        """The build's own /etc/hosts, so that the registry's name leads here whatever resolver this machine has."""
        hosts = self._folder / "hosts"
        host = self._settings.registry.rsplit(":", 1)[0]
        hosts.write_text(f"127.0.0.1 localhost {host}\n", encoding="utf-8")
        return namespace.bind_command({hosts: "/etc/hosts"}) or []

    def _report(self, phase: buildspec.Phase, result: PhaseResult, log: BuildLog) -> None:
        log.say(f"Phase complete: {phase.name.upper()} State: {'FAILED' if result.exit_code else 'SUCCEEDED'}")
        if result.exit_code:
            text = f"Error while executing command: {result.command}. Reason: exit status {result.exit_code}"
            log.say(f"Phase context status code: COMMAND_EXECUTION_ERROR Message: {text}")
            self.record.fail_phase("COMMAND_EXECUTION_ERROR", text)

    def _ended(self, result: PhaseResult, log: BuildLog) -> str:
        status = {"stopped": "STOPPED", "timeout": "TIMED_OUT"}[result.ending]
        text = "Build was stopped" if result.ending == "stopped" else "Build has timed out"
        log.say(text)
        self.record.fail_phase("BUILD_" + status, text, status=status)
        return status
