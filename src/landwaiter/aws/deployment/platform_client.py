"""The platform's admin API: its list of permitted networks, and tokens for sensors."""

import ipaddress
import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from landwaiter.errors import InputError, NotPermittedError, UnreachableError
from landwaiter.images.trust import ssl_context

_SECONDS = 20.0
_MOST_BYTES = 16 * 1024 * 1024
_Answer = TypeVar("_Answer")


class AllowedNetwork(msgspec.Struct, frozen=True):
    """An entry of the platform's list of permitted networks: a CIDR, and whose it is."""

    network: str
    note: str = ""


class TokenEntry(msgspec.Struct, frozen=True):
    """A token as the platform lists it, without its secret. `prefix` is its id; `revoked` is a time or None."""

    prefix: str
    scope: str
    note: str = ""
    account: str = ""
    revoked: str | None = None


class BundleHealth(msgspec.Struct, frozen=True):
    """How old the platform's advisory data is: `state` is "fresh", "stale" or "unknown"."""

    built: str = ""
    age_seconds: int | None = None
    state: str = "unknown"


class Health(msgspec.Struct, frozen=True):
    """Whether the platform serves, and with which data."""

    status: str
    version: str = ""
    bundle: BundleHealth | None = None


class _Networks(msgspec.Struct, frozen=True):
    items: tuple[AllowedNetwork, ...]


class _Tokens(msgspec.Struct, frozen=True):
    items: tuple[TokenEntry, ...]


class _MadeToken(msgspec.Struct, frozen=True):
    id: str
    token: str


class _Complaint(msgspec.Struct, frozen=True):
    what: str = ""
    remedy: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    error: _Complaint = _Complaint()


class PlatformAdmin:
    """The platform's admin API. `token` has the scope admin; `health` needs none. `root_ca_pem` is a custom root CA.

    Every method raises UnreachableError (no answer, certificate not trusted), NotPermittedError (token) or InputError.
    """

    def __init__(self, url: str, token: str = "", root_ca_pem: str = "") -> None:
        if not url.startswith("https://"):
            raise InputError(f"{url!r} is no URL of a platform.", "It starts with https://.")
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx2.Client(
            base_url=self.url,
            verify=ssl_context(root_ca_pem),
            timeout=_SECONDS,
            headers=headers,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def health(self) -> Health:
        """Whether the platform serves."""
        return self._read("GET", "health", Health)

    def networks(self) -> list[str]:
        """The networks from which sensors may call, as CIDR texts."""
        return [entry.network for entry in self.allow_list()]

    def allow_list(self) -> tuple[AllowedNetwork, ...]:
        """The networks from which sensors may call, each with its note."""
        return self._read("GET", "networks", _Networks).items

    def admit(self, network: str, note: str) -> None:
        """Enter a network, an address or CIDR, in the list. May be repeated."""
        self._send("PUT", f"networks/{quote(network, safe='')}", {"note": note})

    def withdraw(self, network: str) -> None:
        """Take a network off the list. May be repeated."""
        self._send("DELETE", f"networks/{quote(network, safe='')}")

    def tokens(self) -> tuple[TokenEntry, ...]:
        """All tokens, without their secrets."""
        return self._read("GET", "tokens", _Tokens).items

    def new_sensor_token(self, account: str, note: str) -> str:
        """Make a sensor token for one AWS account and return it; the platform shows it this once."""
        body = {"scope": "sensor", "account": account, "note": note}
        return self._read("POST", "tokens", _MadeToken, body).token

    def revoke_token(self, prefix: str) -> None:
        """Revoke a token by its id, for good. May be repeated."""
        self._send("DELETE", f"tokens/{quote(prefix, safe='')}")

    def _read(self, method: str, path: str, kind: type[_Answer], body: object = None) -> _Answer:
        content = self._send(method, path, body)
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.MsgspecError as error:
            raise InputError(
                f"{self.url} does not answer as a Landwaiter platform: {error}.", "Check the platform's URL."
            ) from error

    def _send(self, method: str, path: str, body: object = None) -> bytes:
        content = None if body is None else msgspec.json.encode(body)
        try:
            with self._http.stream(
                method, f"/api/v1/{path}", content=content, headers={"Content-Type": "application/json"}
            ) as answer:
                received = _bounded(answer)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        if answer.is_success:
            return received
        raise self._refused(answer.status_code, received)

    def _unreachable(self, error: Exception) -> UnreachableError:
        if "CERTIFICATE_VERIFY_FAILED" in str(error) or isinstance(error.__cause__, ssl.SSLError):
            return UnreachableError(
                f"The certificate of {self.url} is not trusted: {error}.",
                f"Look at its chain (landwaiter aws ca check {self.url}) and give its root CA with --root-ca.",
            )
        return UnreachableError(f"The platform {self.url} did not answer: {error}.", "Check the URL, and that it runs.")

    def _refused(self, status: int, content: bytes) -> InputError | NotPermittedError | UnreachableError:
        try:
            said = msgspec.json.decode(content, type=_Refusal).error
        except msgspec.MsgspecError:
            said = _Complaint()
        what = f"The platform {self.url} answered {status}: {said.what or 'no reason given'}"
        if status in {401, 403}:
            return NotPermittedError(what, said.remedy or "Give a token of scope admin: LANDWAITER_ADMIN_TOKEN.")
        if status >= 500 or status == 429:
            return UnreachableError(what, said.remedy or "Run this again when the platform serves.")
        return InputError(what, said.remedy or "Check the platform's URL and version.")


def _bounded(answer: httpx2.Response) -> bytes:
    received = bytearray()
    for chunk in answer.iter_bytes():
        received += chunk
        if len(received) > _MOST_BYTES:
            raise InputError("The platform's answer is too large.", "Check the platform's URL.")
    return bytes(received)


def covers(networks: Sequence[str], address: str) -> bool:
    """Tell whether a network of the list holds an address."""
    one = ipaddress.ip_address(address)
    for text in networks:
        network = ipaddress.ip_network(text, strict=False)
        if network.version == one.version and one in network:
            return True
    return False
