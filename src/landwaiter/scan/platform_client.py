"""The job's calls to the platform. They wait for a platform that is away: no inventory is thrown away."""

import gzip
import ssl
import time
from collections.abc import Callable
from typing import TypeVar

import httpx2
import msgspec

from landwaiter.errors import InputError, NotPermittedError, UnreachableError
from landwaiter.images.trust import ssl_context
from landwaiter.inventory.models import LayerFacts
from landwaiter.scan.document import LayerAnswer, LayerQuery, ScanDocument, ScanFailure, StepReport
from landwaiter.scan.settings import JobSettings

PATIENCE_SECONDS = 600
"""How long the job waits for a platform that does not answer, before it gives up and the lease runs out."""

_AWAY = frozenset({408, 425, 429, 500, 502, 503, 504})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0

Document = TypeVar("Document")


class UploadAnswer(msgspec.Struct, frozen=True):
    """What the platform says to a document: its state and verdict, or (409) the layers whose facts it lacks."""

    state: str = ""
    verdict: dict[str, object] | None = None
    missing: tuple[str, ...] = ()


class ScanClient:
    """The platform as one scan sees it. Every call is idempotent, so each may be repeated after a fault."""

    def __init__(
        self, settings: JobSettings, *, patience: float = PATIENCE_SECONDS, say: Callable[[str], None] = print
    ) -> None:
        self._scan = f"/api/v1/sensor/scans/{settings.scan_id}"
        self._patience = patience
        self._say = say
        self._http = httpx2.Client(
            base_url=settings.platform_url,
            verify=_trust(settings.root_ca),
            timeout=httpx2.Timeout(30.0, read=120.0),
            headers={"Authorization": f"Bearer {settings.token}", "Content-Type": "application/json"},
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def missing_layers(self, diff_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Ask which layers' facts the platform lacks."""
        answer = self._send("POST", f"{self._scan}/layers/query", LayerQuery(diff_ids))
        return _decode(answer, LayerAnswer).missing

    def upload_layer(self, facts: LayerFacts) -> None:
        """Hand in the facts of one layer."""
        self._send("PUT", f"/api/v1/sensor/layers/{facts.diff_id}", facts)

    def upload_document(self, document: ScanDocument) -> UploadAnswer:
        """Hand in the scan document; the answer names the layers whose facts are still missing, if any."""
        answer = self._send("PUT", f"{self._scan}/document", document, accept=(409,))
        return _decode(answer, UploadAnswer)

    def report_steps(self, steps: list[StepReport]) -> None:
        """Tell how far the scan is. A journal is no reason to fail or to wait: what cannot be told is left out."""
        try:
            self._once("POST", f"{self._scan}/steps", msgspec.json.encode(steps), ())
        except (httpx2.HTTPError, _AwayError, InputError, NotPermittedError) as error:
            self._say(f"the journal of steps was not taken: {error}")

    def report_failure(self, failure: ScanFailure) -> None:
        """Tell why the scan failed."""
        self._send("POST", f"{self._scan}/failure", failure)

    def _send(self, method: str, path: str, body: object, accept: tuple[int, ...] = ()) -> httpx2.Response:
        content, deadline, pause = msgspec.json.encode(body), time.monotonic() + self._patience, _FIRST_PAUSE
        while True:
            try:
                return self._once(method, path, content, accept)
            except (httpx2.HTTPError, _AwayError) as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise UnreachableError(
                        f"The certificate of {self._http.base_url} is not trusted: {error}.",
                        "Deploy the platform's root CA with the stack: landwaiter aws ca publish.",
                    ) from error
                if time.monotonic() + pause > deadline:
                    raise UnreachableError(
                        f"The platform {self._http.base_url} did not answer for {self._patience:.0f} s: {error}.",
                        "See that it runs and that the build's subnet reaches it: landwaiter aws doctor.",
                    ) from error
                self._say(f"the platform is away ({error}); trying again in {pause:.1f} s")
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _once(self, method: str, path: str, content: bytes, accept: tuple[int, ...]) -> httpx2.Response:
        headers = {"Content-Encoding": "gzip"}
        answer = self._http.request(method, path, content=gzip.compress(content, 6), headers=headers)
        if answer.is_success or answer.status_code in accept:
            return answer
        if answer.status_code in _AWAY:
            raise _AwayError(f"it answered {answer.status_code}")
        kind = NotPermittedError if answer.status_code in {401, 403} else InputError
        raise kind(f"The platform refused {path} with {answer.status_code}: {answer.text[:500]}.")


class _AwayError(Exception):
    """The platform answers, but cannot serve now."""


def _trust(root_ca: str) -> ssl.SSLContext:
    try:
        return ssl_context(root_ca)
    except InputError as error:
        raise InputError(f"LANDWAITER_ROOT_CA: {error.what}", "Publish it again: landwaiter aws ca publish.") from error


def _decode(answer: httpx2.Response, kind: type[Document]) -> Document:
    """Read the platform's answer; raises UnreachableError when somebody else has answered in its place."""
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise UnreachableError(
            f"{answer.url} answered {answer.status_code}, but not as the platform does: {error}.",
            "See that LANDWAITER_PLATFORM_URL is the platform's own address, and that no proxy or sign-in page answers "
            "in its place.",
        ) from error
