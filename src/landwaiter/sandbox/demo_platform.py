"""The demo's platform: a child process that serves HTTPS with a certificate of a private root CA."""

import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from landwaiter.errors import UnreachableError
from landwaiter.platform import administration
from landwaiter.platform.settings import Settings
from landwaiter.sandbox import leash
from landwaiter.sandbox.authority import Authority

USER = "demo"
_START_SECONDS = 40
_STOP_SECONDS = 60
_Document = TypeVar("_Document")


class DemoPlatform:
    """A platform of its own below `folder`, with its tokens, its user, and its advisories."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        certificate = authority.issue(folder / "tls")
        self.settings = Settings(
            data=folder, port=_free_port(), tls_certificate=certificate.certificate, tls_key=certificate.key
        )
        self.url = f"https://127.0.0.1:{self.settings.port}"
        self.password = secrets.token_urlsafe(12)
        self.sensor_token = ""
        self.admin_token = ""
        self._log = folder / "platform.log"
        trust = ssl.create_default_context(cadata=authority.pem)
        self._http = httpx2.Client(base_url=self.url, verify=trust, timeout=30, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None
        self._leash_end = -1

    def start(self, bundle: Path | None = None) -> Self:
        """Start serving, then make tokens, a user and the allow list. Raises UnreachableError with the log's end."""
        self.serve()
        self.sensor_token = administration.create_token(self.settings, "sensor", note="the demo's account").text
        self.admin_token = administration.create_token(self.settings, "admin", note="the demo's deployment").text
        read = administration.create_token(self.settings, "read", note="the demo's own look").text
        self._http.headers["Authorization"] = f"Bearer {read}"
        administration.allow_network(self.settings, "127.0.0.0/8", "the sandbox")
        administration.add_user(self.settings, USER, self.password, "admin")
        if bundle:
            administration.import_bundle(self.settings, bundle)
        return self

    def serve(self) -> None:
        """Start the server process and wait until it answers."""
        settings = self.settings
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LANDWAITER_")}
        environment |= {
            "LANDWAITER_DATA": str(settings.data),
            "LANDWAITER_PORT": str(settings.port),
            "LANDWAITER_TLS_CERTIFICATE": str(settings.tls_certificate),
            "LANDWAITER_TLS_KEY": str(settings.tls_key),
        }
        kept, self._leash_end = os.pipe()
        command = [sys.executable, "-S", leash.__file__, str(kept), sys.executable, "-m", "landwaiter", "serve"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[kept]
            )
        os.close(kept)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise UnreachableError(f"The platform did not start: {self._last_words()}.", f"See {self._log}.")
            time.sleep(0.1)

    def get(self, path: str, kind: type[_Document]) -> _Document:
        """Ask the read API and decode the answer."""
        answer = self._http.get(f"/api/v1/{path}")
        if not answer.is_success:
            raise UnreachableError(f"The platform answered {answer.status_code} to {path}: {answer.text[:300]}.")
        return msgspec.json.decode(answer.content, type=kind)

    def find(self, collection: str, name: str, kind: type[_Document]) -> _Document | None:
        """Ask for one thing by its name; None where it is not there yet."""
        answer = self._http.get(f"/api/v1/{collection}/{quote(name, safe='')}")
        return None if answer.status_code == 404 else msgspec.json.decode(answer.content, type=kind)

    def kill(self) -> None:
        """End the server and its database at once, as a power failure would."""
        if self._process:
            leash.end_all(self._process.pid)
            self._process.wait()
            self._let_go()

    def stop(self) -> None:
        """Stop the server, and with it its database."""
        # First, as the server would wait for half a minute until an idle TLS connection says goodbye.
        self._http.close()
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._let_go()

    def _let_go(self) -> None:
        if self._leash_end >= 0:
            os.close(self._leash_end)
            self._leash_end = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            return self._http.get("/healthz").is_success
        except httpx2.HTTPError:
            return False

    def _last_words(self) -> str:
        """Return the last line of the log that is no remedy: those are indented."""
        lines = self._log.read_text(errors="replace").splitlines()
        told = [line for line in lines if line.strip() and not line.startswith(" ")]
        return told[-1].removeprefix("landwaiter: ").rstrip(".") if told else "it said nothing"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
