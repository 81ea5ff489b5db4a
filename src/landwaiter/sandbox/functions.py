"""Lambda functions, run in execution environments as AWS runs them.

Environments are kept between invocations and started anew when the function's code, layers or configuration change.
"""

import hashlib
import json
import threading
import time
import zipfile
from typing import Any

from landwaiter.sandbox.execution_environment import ExecutionEnvironment, FunctionCode, error_of
from landwaiter.sandbox.internals import Need, service
from landwaiter.sandbox.settings import Settings

NEEDS = (
    Need("services.lambda_svc", "_execute_function_warm", ("func", "event", "request_id")),
    Need("services.lambda_svc", "_resolve_layer_zip", ("attachment",)),
    Need("services.lambda_svc", "_functions"),
)

# What makes an execution environment another one when it changes.
_DEFINING = (
    "Handler",
    "Runtime",
    "Timeout",
    "MemorySize",
    "Environment",
    "Layers",
    "CodeSha256",
    "LoggingConfig",
    "Version",
)
_MOST_AT_ONCE = 8
_SWEEP_SECONDS = 1.0


def install(settings: Settings) -> None:
    """Make every invocation of a Python function go through an execution environment."""
    functions = Functions(settings)
    service("lambda_svc").execute_function_warm = functions.execute
    threading.Thread(target=functions.sweep_for_ever, daemon=True).start()


class Functions:
    """The execution environments of one stand-in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: dict[str, list[ExecutionEnvironment]] = {}
        self._slots: dict[str, threading.BoundedSemaphore] = {}
        self._lock = threading.Lock()

    def execute(self, function: dict[str, Any], event: object, request_id: str) -> dict[str, Any]:
        """Run one event; the result is what the emulator's own executors return: body, error, log."""
        name = function["config"]["FunctionArn"]
        with self._slot(name):
            try:
                environment = self._take(name, function)
            except (OSError, zipfile.BadZipFile) as error:
                return _failed({"errorType": "Runtime.InvalidEntrypoint", "errorMessage": str(error)}, request_id, "")
            result = environment.invoke(request_id, json.dumps(event).encode())
            log = environment.new_log_text()
            self._give_back(name, environment)
        if result.kind == "response":
            return {"body": json.loads(result.body or b"null"), "log": log}
        return _failed(error_of(result, function["config"], request_id), request_id, log)

    def sweep_for_ever(self) -> None:
        """End the environments of functions that were deleted."""
        while True:
            time.sleep(_SWEEP_SECONDS)
            self.sweep()

    def sweep(self) -> None:
        """End the idle environments of functions that are gone."""
        known = service("lambda_svc").functions
        with self._lock:
            for arn in [arn for arn in self._idle if not known.contains_scoped(*_scope_of(arn))]:
                for environment in self._idle.pop(arn):
                    environment.close()

    def _slot(self, name: str) -> threading.BoundedSemaphore:
        with self._lock:
            return self._slots.setdefault(name, threading.BoundedSemaphore(_MOST_AT_ONCE))

    def _take(self, name: str, function: dict[str, Any]) -> ExecutionEnvironment:
        identity = identity_of(function["config"])
        with self._lock:
            waiting, self._idle[name] = self._idle.get(name, []), []
            fitting = [one for one in waiting if one.alive and identity_of(one.function.config) == identity]
            for stale in waiting:
                if stale not in fitting:
                    stale.close()
            chosen = fitting.pop() if fitting else None
            self._idle[name] = fitting
        return chosen or ExecutionEnvironment(_code_of(function), self._settings)

    def _give_back(self, name: str, environment: ExecutionEnvironment) -> None:
        with self._lock:
            if environment.alive:
                self._idle.setdefault(name, []).append(environment)


def _failed(body: dict[str, Any], request_id: str, log: str) -> dict[str, Any]:
    return {"body": body, "error": True, "function_error": "Unhandled", "log": log, "request_id": request_id}


def _scope_of(arn: str) -> tuple[str, str, str]:
    """Account, region and name of a function by its ARN, which may end in a version or an alias."""
    _, _, _, region, account, _, name, *_ = arn.split(":")
    return account, region, name


def identity_of(config: dict[str, Any]) -> str:
    """A hash of all that an execution environment is made of."""
    text = json.dumps({key: config.get(key) for key in _DEFINING}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _code_of(function: dict[str, Any]) -> FunctionCode:
    resolve = service("lambda_svc").resolve_layer_zip
    config = function["config"]
    layers = tuple(data for layer in config.get("Layers") or [] if (data := resolve(layer)))
    return FunctionCode(json.loads(json.dumps(config, default=str)), function.get("code_zip") or b"", layers)
