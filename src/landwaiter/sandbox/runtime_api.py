"""The HTTP interface through which a Lambda runtime fetches its invocations and gives back their results.

Source: AWS Lambda Developer Guide, "Using the Lambda runtime API", version 2018-06-01. One server serves one execution
environment, which handles one invocation at a time.
"""

import json
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event for the function. `deadline_ms` is in milliseconds since the epoch."""

    request_id: str
    event: bytes
    function_arn: str
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an invocation: "response", "error", "init" (it could not start), "timeout" or "exit"."""

    kind: str
    body: bytes = b""


class RuntimeApi:
    """The server of one execution environment, on a port of its own on 127.0.0.1."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.results: queue.Queue[Result] = queue.Queue()
        self.invocations: queue.Queue[Invocation | None] = queue.Queue()
        api = self

        class Handler(_Handler):
            owner = api

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port, the value of AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop serving; a runtime that waits for its next invocation is let go."""
        self.invocations.put(None)
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: RuntimeApi
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Stay silent: the stand-in logs invocations, not polls."""

    def do_GET(self) -> None:
        if self.path != _PREFIX + "invocation/next":
            self._answer(404)
            return
        self.owner.ready.set()
        invocation = self.owner.invocations.get()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        }
        self._answer(200, invocation.event, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.path.rsplit("/", 1)[-1]
        if not self.path.startswith(_PREFIX) or kind not in ("response", "error"):
            self._answer(404)
            return
        self._answer(202, json.dumps({"status": "OK"}).encode())
        self.owner.results.put(Result("init" if self.path == _PREFIX + "init/error" else kind, body))
        self.owner.ready.set()

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
