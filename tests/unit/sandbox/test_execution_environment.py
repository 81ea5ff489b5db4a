import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from landwaiter.sandbox import namespace
from landwaiter.sandbox.execution_environment import ExecutionEnvironment, FunctionCode, error_of
from landwaiter.sandbox.runtime_api import Result
from landwaiter.sandbox.settings import Settings

READ = "import os\ndef handle(event, context):\n    return [os.environ['CA'], open(os.environ['CA']).read()]\n"


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return buffer.getvalue()


def function(code: str, variables: dict[str, str], *layers: bytes) -> FunctionCode:
    config: dict[str, Any] = {
        "FunctionName": "f",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "Runtime": "python3.13",
        "Handler": "h.handle",
        "Timeout": 10,
        "Environment": {"Variables": variables},
    }
    return FunctionCode(config, zipped(h__py=code), layers)


def test_where_the_kernel_refuses_opt_is_the_unpacked_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(namespace, "bind_command", lambda _folders: None)
    code = function(READ, {"CA": "/opt/ca.pem", "OTHER": "/optional"}, zipped(ca__pem="PEM"))
    environment = ExecutionEnvironment(code, Settings(tmp_path, 1))
    try:
        place, content = json.loads(environment.invoke("1", b"{}").body)
    finally:
        environment.close()
    assert place.startswith(str(tmp_path))
    assert content == "PEM"
    assert "no mount namespace" in caplog.text
    assert not environment.alive


def test_a_later_layer_covers_an_earlier_one(tmp_path: Path) -> None:
    code = function(READ, {"CA": "/opt/ca.pem"}, zipped(ca__pem="first"), zipped(ca__pem="second"))
    environment = ExecutionEnvironment(code, Settings(tmp_path, 1))
    try:
        assert json.loads(environment.invoke("1", b"{}").body)[1] == "second"
    finally:
        environment.close()


def test_the_documents_of_failures() -> None:
    config = {"Timeout": 3}
    assert error_of(Result("timeout"), config, "r")["errorMessage"] == "r Task timed out after 3.00 seconds"
    assert error_of(Result("exit"), config, "r")["errorType"] == "Runtime.ExitError"
    assert error_of(Result("error", b'{"errorType": "X"}'), config, "r") == {"errorType": "X"}
    assert error_of(Result("error", b"[1]"), config, "r") == {"errorMessage": "[1]"}
