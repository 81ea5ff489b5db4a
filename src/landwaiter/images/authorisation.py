"""The `Authorization` header for a registry: basic, or a bearer token from the token server that the registry names.

Source: distribution spec, "Token Authentication Specification" and "Oauth2 Token Authentication".
"""

import base64
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

import msgspec

from landwaiter.errors import NotPermittedError, UnreachableError
from landwaiter.images.challenge import Challenge
from landwaiter.images.credentials import Credential, CredentialSource
from landwaiter.images.reference import ecr_registry
from landwaiter.images.transport import TRY_AGAIN, Answer, BusyError, Http, check_url, is_loopback

_TOKEN_LIMIT = 1024 * 1024
_SHORTEST = 60
"""Seconds that a token is valid when its server names no time (the specification's own default)."""
_FORM = "application/x-www-form-urlencoded"


class _Token(msgspec.Struct, frozen=True):
    token: str = ""
    access_token: str = ""
    expires_in: float | None = None


class Authoriser:
    """Keeps the header for one registry; tokens are asked for again when they have run out."""

    def __init__(self, registry: str, http: Http, credentials: CredentialSource) -> None:
        self._registry = registry
        self._http = http
        self._credentials = credentials
        self._is_local = is_loopback(urlsplit(f"//{registry}").hostname or "")
        self._lock = threading.Lock()
        self._basic = ""
        self._tokens: dict[str, tuple[str, float]] = {}

    def header(self, scope: str) -> str:
        """Return the header for requests of this scope, "" as long as the registry has not asked for one."""
        token, expires = self._tokens.get(scope, ("", 0.0))
        return f"Bearer {token}" if token and time.monotonic() < expires else self._basic

    def answer(self, challenges: Sequence[Challenge], scope: str, refused: str) -> str:
        """Return a new header after the registry has refused the one given as `refused`.

        Raises NotPermittedError when there is none to be had, UnreachableError when the token server fails.
        """
        with self._lock:
            header = self.header(scope)
            if header != refused:
                # Another thread has been here meanwhile.
                return header
            bearer = next((one for one in challenges if one.scheme == "bearer" and one.realm), None)
            if bearer:
                self._tokens[scope] = self._fetch(bearer, scope)
            elif any(one.scheme == "basic" for one in challenges) and not self._basic:
                self._basic = _basic(self._needed())
            else:
                raise self.refusal("It refuses the credentials." if refused else "It asks for no known credentials.")
            return self.header(scope)

    def refusal(self, why: str) -> NotPermittedError:
        """Return the error that says what the registry refused, and what to do."""
        return NotPermittedError(f"The registry {self._registry} does not let us in. {why}", self._remedy())

    def _remedy(self) -> str:
        ecr = ecr_registry(self._registry)
        if ecr and ecr.kind == "private":
            return (
                f"Allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer to the role that scans; where account"
                f" {ecr.account} is another one, its repository policy must allow it too."
            )
        return f"Check the image's name, and log in: docker login {self._registry}, or give a user name."

    def _needed(self) -> Credential:
        credential = self._credentials.find(self._registry)
        if credential is None:
            raise self.refusal("It wants credentials, and there are none for it.")
        return credential

    def _fetch(self, challenge: Challenge, scope: str) -> tuple[str, float]:
        """Ask the token server; return the token and when it runs out."""
        if check_url(challenge.realm).scheme == "http" and not self._is_local:
            raise UnreachableError(f"The registry {self._registry} names a token server without encryption.")
        credential = self._credentials.find(self._registry)
        answer = self._ask(challenge, challenge.scope or scope, credential)
        content = answer.read(_TOKEN_LIMIT)
        if answer.status in (400, 401, 403):
            who = f"user {credential.username!r}" if credential else "anonymous users"
            raise self.refusal(f"Its token server refuses {who}.")
        if answer.status in TRY_AGAIN:
            raise BusyError(f"the token server of {self._registry} answers {answer.status}")
        if answer.status != 200:
            raise UnreachableError(f"The token server of {self._registry} answers {answer.status}.")
        try:
            found = msgspec.json.decode(content, type=_Token)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreachableError(f"The token server of {self._registry} gives no readable token.") from error
        token = found.token or found.access_token
        if not token or not token.isascii() or not token.isprintable():
            raise UnreachableError(f"The token server of {self._registry} gives no token.")
        lifetime = max(found.expires_in or _SHORTEST, _SHORTEST)
        return token, time.monotonic() + 0.9 * lifetime

    def _ask(self, challenge: Challenge, scope: str, credential: Credential | None) -> Answer:
        fields = {"service": challenge.service, "scope": scope}
        if credential and credential.identity_token:
            form = {**fields, "grant_type": "refresh_token", "client_id": "landwaiter"}
            body = urlencode({**form, "refresh_token": credential.identity_token}).encode()
            return self._http.send("POST", challenge.realm, {"Content-Type": _FORM}, body)
        query = urlencode({name: value for name, value in fields.items() if value})
        headers = {"Authorization": _basic(credential)} if credential else {}
        joint = "&" if "?" in challenge.realm else "?"
        return self._http.send("GET", f"{challenge.realm}{joint}{query}", headers)


def _basic(credential: Credential) -> str:
    text = f"{credential.username}:{credential.password}".encode()
    return "Basic " + base64.b64encode(text).decode()
