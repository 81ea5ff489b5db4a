"""Requests to one registry that bear with it: redirects, authorisation, failures, rate limits."""

import email.utils
import random
import ssl
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin, urlsplit

import httpcore2

from landwaiter.errors import NotPermittedError, UnreachableError
from landwaiter.images.access import Access
from landwaiter.images.authorisation import Authoriser
from landwaiter.images.challenge import parse_challenges
from landwaiter.images.transport import TRY_AGAIN, Answer, Failure, Http, check_url, is_loopback

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_REFUSED_ATTEMPTS = 3
"""A host that takes no connections seldom changes its mind within seconds."""
_NO_TLS = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "RECORD_LAYER_FAILURE",
        "UNEXPECTED_EOF_WHILE_READING",
        "HTTP_REQUEST",
        "PACKET_LENGTH_TOO_LONG",
    }
)

_UNKNOWN_NAME = frozenset({-2, -5})
"""getaddrinfo's EAI_NONAME and EAI_NODATA."""


class Session:
    """Requests to the registry `host` (with port), as `Access` says; may be used by several threads."""

    def __init__(self, registry: str, host: str, access: Access) -> None:
        self.registry = registry
        self._host = host
        self._patience = access.patience
        self._http = Http(access.root_ca_pem, access.limits)
        self._authoriser = Authoriser(registry, self._http, access.credentials)
        self._base = f"https://{host}"
        self._is_known = False
        self._may_be_plain = is_loopback(urlsplit(self._base).hostname or "")

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def get(self, path: str, headers: Mapping[str, str], scope: str) -> Answer:
        """Return the answer to a GET of `path`, once it is neither a redirect nor a failure that may pass.

        Raises UnreachableError when the registry cannot be reached, NotPermittedError when it wants credentials that
        there are not.
        """
        failure = "it does not answer"
        for attempt in range(self._patience.attempts):
            wait = 0.0
            try:
                answer = self._once(path, dict(headers), scope)
            except Failure as error:
                failure = self._describe(error)
                if attempt + 1 >= _REFUSED_ATTEMPTS and _is_refused(error):
                    break
            else:
                if answer.status not in TRY_AGAIN:
                    return answer
                failure = f"it answers {answer.status}"
                wait = self._asked_to_wait(answer)
                answer.close()
            self.pause(attempt, wait)
        raise UnreachableError(f"The registry {self.registry} cannot be used: {failure}.", "Try again later.")

    def pause(self, attempt: int, at_least: float = 0.0) -> None:
        """Wait before the next attempt; `attempt` is 0 for the first that failed."""
        if attempt + 1 >= self._patience.attempts:
            return
        # Not for secrets: it only spreads clients that failed together.
        spread = random.uniform(0.75, 1.25)  # noqa: S311
        time.sleep(max(at_least, min(self._patience.first_wait * 2**attempt * spread, self._patience.longest_wait)))

    def refusal(self, why: str) -> NotPermittedError:
        """Return the error that says what the registry refused, and what to do."""
        return self._authoriser.refusal(why)

    def _asked_to_wait(self, answer: Answer) -> float:
        """Return the seconds of the answer's Retry-After; raises UnreachableError when that is too long to wait for."""
        seconds = _retry_after(answer.headers.get("retry-after", ""))
        if seconds > self._patience.longest_wait:
            answer.close()
            raise UnreachableError(
                f"The registry {self.registry} answers {answer.status} and wants us to wait {seconds:.0f} seconds.",
                "Try again later; logging in raises the limit at most registries.",
            )
        return seconds

    def _once(self, path: str, headers: dict[str, str], scope: str) -> Answer:
        """Make one request; the first one to this machine finds out whether the registry speaks TLS."""
        try:
            answer = self._follow(path, headers, scope)
        except Failure as error:
            if not self._tries_plain(error):
                raise
            answer = self._follow(path, headers, scope)
        self._is_known = True
        return answer

    def _follow(self, path: str, headers: dict[str, str], scope: str) -> Answer:
        """Make one request, with the redirects and the authorisation that it takes."""
        url = self._base + path
        refused = False
        for _ in range(_MAX_REDIRECTS + 2):
            at_home = _origin(url) == _origin(self._base)
            # The registry's credentials are for the registry: no other host is shown them.
            header = self._authoriser.header(scope) if at_home else ""
            answer = self._http.send("GET", url, {**headers, **({"Authorization": header} if header else {})})
            if answer.status in _REDIRECTS and "location" in answer.headers:
                url = self._redirected(answer)
            elif answer.status == 401 and at_home:
                answer.close()
                if refused:
                    raise self._authoriser.refusal("It refuses the credentials.")
                refused = bool(header)
                self._authoriser.answer(parse_challenges(answer.challenges), scope, header)
            else:
                return answer
        raise UnreachableError(f"The registry {self.registry} redirects in circles.")

    def _redirected(self, answer: Answer) -> str:
        """Return where a redirect leads; raises UnreachableError when that is no place to go."""
        answer.close()
        location = answer.headers["location"]
        try:
            url = urljoin(answer.url, location)
        except ValueError as error:
            raise UnreachableError(f"The registry {self.registry} redirects to {location!r}, no address.") from error
        if check_url(url).scheme == "http" and not self._may_be_plain:
            raise UnreachableError(f"The registry {self.registry} redirects to an address without encryption.")
        return url

    def _tries_plain(self, error: BaseException) -> bool:
        """Change to plain HTTP when a registry on this machine turns out not to speak TLS; True when changed."""
        if self._is_known or not self._may_be_plain:
            return False
        if any(_is_no_tls(cause) for cause in _causes(error)):
            self._base = f"http://{self._host}"
            return True
        return False

    def _describe(self, error: BaseException) -> str:
        """Return a failure in words; raises UnreachableError at once where another attempt cannot help."""
        causes = list(_causes(error))
        untrusted = next((one for one in causes if isinstance(one, ssl.SSLCertVerificationError)), None)
        if untrusted:
            raise UnreachableError(
                f"The certificate of the registry {self.registry} is not trusted: {untrusted.verify_message}.",
                "If it is issued by a CA of your own, name that CA's certificate as root CA.",
            ) from error
        if any(isinstance(one, OSError) and one.errno in _UNKNOWN_NAME for one in causes):
            raise UnreachableError(f"The registry {self.registry} has no address.", "Check its name.") from error
        return str(causes[-1]) or type(causes[-1]).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was raised from, outermost first."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _is_refused(error: BaseException) -> bool:
    return any(isinstance(cause, (ConnectionRefusedError, httpcore2.ConnectTimeout)) for cause in _causes(error))


def _is_no_tls(error: BaseException) -> bool:
    if isinstance(error, ssl.SSLCertVerificationError):
        return False
    if isinstance(error, ssl.SSLError):
        return error.reason in _NO_TLS
    return isinstance(error, ConnectionResetError)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _retry_after(value: str) -> float:
    """Read a Retry-After header (RFC 9110, section 10.2.3): seconds, or a date; 0 where it is neither."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 0.0
