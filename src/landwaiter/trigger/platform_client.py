"""Calls to the platform over HTTPS, with the custom root CA from the Lambda layer. No redirect is ever followed.

A failure raises, so that the invocation fails: AWS then retries it and parks the event in the dead-letter queue.
"""

import gzip
import http.client
import json
import ssl
import time
from typing import Any, NoReturn
from urllib.parse import urlsplit

from landwaiter.trigger.settings import Settings

TIMEOUT_SECONDS = 10
ATTEMPTS = 3
_COMPRESS_FROM = 8 * 1024


class PlatformError(Exception):
    """The platform could not be reached, is not trusted, or refused the call."""


class PlatformClient:
    """One connection to the platform, kept open between the invocations of a warm function."""

    def __init__(self, settings: Settings, token: str) -> None:
        if not (token.isascii() and token.isprintable()) or token.split() != [token]:
            raise PlatformError(f"secret {settings.token_secret} does not hold one token of printable ASCII characters")
        address = urlsplit(settings.platform_url)
        self._host, self._port, self._base = address.hostname or "", address.port or 443, address.path
        self._authorization = f"Bearer {token}"
        self._context = trust(settings.root_certificate)
        self._connection: http.client.HTTPSConnection | None = None

    def post(self, path: str, body: object) -> dict[str, Any]:
        """Send `body` as JSON to `path` and return the answer's object ({} for 204). Raises PlatformError."""
        content = json.dumps(body, separators=(",", ":")).encode()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._exchange(path, content)
            except ssl.SSLCertVerificationError as error:
                self._untrusted(error)
            except (OSError, http.client.HTTPException, _UnavailableError) as error:
                self.close()
                if attempt == ATTEMPTS:
                    raise PlatformError(f"{self._name} cannot be reached: {error}") from error
                time.sleep(0.2 * 4**attempt / 4)
        raise AssertionError

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        if self._connection:
            self._connection.close()
        self._connection = None

    @property
    def _name(self) -> str:
        return f"platform {self._host}:{self._port}"

    def _exchange(self, path: str, content: bytes) -> dict[str, Any]:
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        if len(content) >= _COMPRESS_FROM:
            content, headers["Content-Encoding"] = gzip.compress(content, 6), "gzip"
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=self._context
            )
        self._connection.request("POST", self._base + path, content, headers)
        answer = self._connection.getresponse()
        return self._read(path, answer.status, answer.read())

    def _read(self, path: str, status: int, content: bytes) -> dict[str, Any]:
        if status >= 500 or status == 429:
            raise _UnavailableError(f"it answered {status}")
        if status >= 300:
            raise PlatformError(f"{self._name} refused {path} with {status}: {_explanation(content)}")
        try:
            answer = json.loads(content) if content else {}
        except ValueError as error:
            raise PlatformError(f"{self._name} answered {path} with {status}, but not JSON: {error}") from error
        if not isinstance(answer, dict):
            raise PlatformError(f"{self._name} answered {path} with {status}, but no JSON object")
        return answer

    def _untrusted(self, error: ssl.SSLCertVerificationError) -> NoReturn:
        raise PlatformError(
            f"the certificate of {self._name} is not trusted ({error.verify_message}). Publish the platform's root CA "
            "as a Lambda layer (landwaiter aws ca publish) and set QualysPodCustomRootCertPath to its path below /opt."
        ) from error


class _UnavailableError(Exception):
    """An answer that is worth another attempt."""


def trust(root_certificate: str) -> ssl.SSLContext:
    """Trust the system's roots and, when given, the root CA at that path; PlatformError when it is unreadable."""
    context = ssl.create_default_context()
    if root_certificate:
        try:
            context.load_verify_locations(cafile=root_certificate)
        except OSError as error:
            raise PlatformError(
                f"QualysPodCustomRootCertPath names {root_certificate}, which cannot be read as certificates: {error}"
            ) from error
    return context


def _explanation(content: bytes) -> str:
    """The platform's own words about a refusal, shortened."""
    try:
        error = json.loads(content)["error"]
        return f"{error['what']} {error.get('remedy', '')}".strip()[:500]
    except (ValueError, KeyError, TypeError):
        return content[:200].decode("utf-8", "replace")
