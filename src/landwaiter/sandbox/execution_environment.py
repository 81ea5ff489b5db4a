"""One execution environment of a Lambda function: a child process with AWS's own Python runtime client in it.

It starts when an invocation needs it, serves one invocation at a time, and is kept for the next. The function finds its
layers at /opt, its code in LAMBDA_TASK_ROOT, and no variable of this machine but PATH.
"""

import contextlib
import io
import json
import logging
import os
import queue
import signal
import subprocess
import threading
import time
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landwaiter.sandbox import namespace, python_home
from landwaiter.sandbox.runtime_api import Invocation, Result, RuntimeApi
from landwaiter.sandbox.settings import Settings

_log = logging.getLogger(__name__)
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """What an execution environment is made of: the configuration as Lambda describes it, code and layer zips."""

    config: dict[str, Any]
    code: bytes
    layers: tuple[bytes, ...]


class ExecutionEnvironment:
    """A running child for one version of a function's code and configuration."""

    def __init__(self, function: FunctionCode, settings: Settings) -> None:
        self.function = function
        name = function.config["FunctionName"]
        self._folder = settings.folder / "functions" / name / uuid.uuid4().hex[:12]
        self._api = RuntimeApi()
        code = _unpack(self._folder / "task", [function.code])
        opt = _unpack(self._folder / "opt", function.layers)
        (self._folder / "tmp").mkdir()
        self.log_file = settings.folder / "logs" / "functions" / name / f"{self._folder.name}.log"
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._logged = 0
        self._process = self._start(code, opt, settings)
        threading.Thread(target=self._watch, daemon=True).start()

    def _start(self, code: Path, opt: Path, settings: Settings) -> "subprocess.Popen[bytes]":
        config = self.function.config
        variables = dict((config.get("Environment") or {}).get("Variables") or {})
        view = namespace.bind_command({opt: "/opt"}) if self.function.layers else []
        place = "/opt"
        if view is None:
            place, view = str(opt), []
            variables = {name: _moved(value, place) for name, value in variables.items()}
            _log.warning("%s: this kernel gives no mount namespace, /opt is %s", config["FunctionName"], place)
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                [*view, *python_home.python_command(), "-m", "awslambdaric", config["Handler"]],
                cwd=code,
                env={**self._given(code, place, settings), **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _given(self, code: Path, opt: str, settings: Settings) -> dict[str, str]:
        """The variables that Lambda defines (Lambda Developer Guide, "Defined runtime environment variables")."""
        config = self.function.config
        runtime = python_home.lambda_runtime(settings.folder / "functions" / ".runtime")
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "HOME": str(self._folder / "tmp"),
            "TMPDIR": str(self._folder / "tmp"),
            "PYTHONPATH": os.pathsep.join([str(code), f"{opt}/python", str(runtime)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            **settings.aws_environment(),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
            "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
            "AWS_LAMBDA_LOG_GROUP_NAME": (config.get("LoggingConfig") or {}).get("LogGroup", ""),
            "AWS_LAMBDA_LOG_STREAM_NAME": self._folder.name,
            "LAMBDA_TASK_ROOT": str(code),
            "_HANDLER": config["Handler"],
        }

    def _watch(self) -> None:
        self._process.wait()
        self._api.results.put(Result("exit"))
        self._api.ready.set()

    @property
    def alive(self) -> bool:
        """Tell whether the child still runs."""
        return self._process.poll() is None

    def invoke(self, request_id: str, event: bytes) -> Result:
        """Run one event through the function and wait for its result, at most the function's timeout (in seconds)."""
        config = self.function.config
        timeout = float(config.get("Timeout") or 3)
        if not self._api.ready.wait(_START_SECONDS):
            return self._end(Result("timeout"))
        deadline = int((time.time() + timeout) * 1000)
        self._api.invocations.put(Invocation(request_id, event, config["FunctionArn"], deadline))
        try:
            result = self._api.results.get(timeout=timeout)
        except queue.Empty:
            result = Result("timeout")
        return self._end(result) if result.kind in ("timeout", "exit", "init") else result

    def new_log_text(self) -> str:
        """What the function has printed since the last call."""
        with self.log_file.open("rb") as log:
            log.seek(self._logged)
            text = log.read()
        self._logged += len(text)
        return str(text, "utf-8", "replace")

    def _end(self, result: Result) -> Result:
        self.close()
        return result

    def close(self) -> None:
        """Kill the child and what it started."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._api.close()


def _moved(value: str, place: str) -> str:
    return place + value[len("/opt") :] if value == "/opt" or value.startswith("/opt/") else value


def _unpack(folder: Path, archives: Sequence[bytes]) -> Path:
    folder.mkdir(parents=True)
    for archive in archives:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            opened.extractall(folder)
    return folder


def error_of(result: Result, config: dict[str, Any], request_id: str) -> dict[str, Any]:
    """The error document that Lambda answers with for a result that is no response."""
    if result.kind == "timeout":
        timeout = float(config.get("Timeout") or 3)
        message = f"{request_id} Task timed out after {timeout:.2f} seconds"
        return {"errorType": "Sandbox.Timedout", "errorMessage": message}
    if result.kind == "exit":
        message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
        return {"errorType": "Runtime.ExitError", "errorMessage": message}
    document = json.loads(result.body or b"{}")
    return document if isinstance(document, dict) else {"errorMessage": str(document)}
