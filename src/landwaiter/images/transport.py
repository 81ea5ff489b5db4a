"""HTTP for the registry client: verified TLS, plain HTTP to this machine only, pace watched, proxies respected."""

import ipaddress
import ssl
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2

from landwaiter import __version__
from landwaiter.errors import InputError, UnreachableError
from landwaiter.images.limits import Limits
from landwaiter.images.trust import ssl_context

CONNECT_SECONDS = 15.0
_SLOWEST = 8 * 1024
"""Bytes a second: who sends less for `Limits.stall_seconds` is taken to stall."""
_CONNECTIONS = 8
_IDLE_SECONDS = 20.0
_LOCAL = ".localhost"

TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that may pass when the same is asked again."""


class BusyError(Exception):
    """The other side answered, but with a failure that may pass."""


Failure = (
    BusyError,
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
)
"""What a request raises when the other side or the way to it fails."""


def is_loopback(host: str) -> bool:
    """Tell whether a host name (without port) is this machine: 127.0.0.0/8, ::1, localhost, *.localhost."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(_LOCAL):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class _PacedStream(httpcore2.NetworkStream):
    """A connection that ends when the other side sends next to nothing for too long.

    Only the time spent waiting for it counts; our own pauses between two reads do not.
    """

    def __init__(self, stream: httpcore2.NetworkStream, seconds: float) -> None:
        self._stream = stream
        self._seconds = seconds
        self._waited = 0.0
        self._received = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - ours is stricter
        """Read up to `max_bytes`; raises ReadTimeout when the pace is too slow."""
        if self._waited >= self._seconds:
            if self._received < self._seconds * _SLOWEST:
                raise httpcore2.ReadTimeout("it sends too slowly")
            self._waited, self._received = 0.0, 0
        started = time.monotonic()
        content = self._stream.read(max_bytes, max(self._seconds - self._waited, 0.01))
        self._waited += time.monotonic() - started
        self._received += len(content)
        return content

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write a request, which starts the watch anew."""
        self._waited, self._received = 0.0, 0
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_PacedStream":
        """Begin TLS on the connection."""
        return _PacedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._seconds)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the library's own signature
        """Return what the library wants to know about the connection."""
        return self._stream.get_extra_info(info)


class _Connector(httpcore2.NetworkBackend):
    """Opens connections; names under `.localhost` are this machine (RFC 6761), whether the resolver knows it or not."""

    def __init__(self, seconds: float) -> None:
        self._backend = httpcore2.SyncBackend()
        self._seconds = seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> _PacedStream:
        """Connect to a host."""
        address = "127.0.0.1" if host.lower().endswith(_LOCAL) else host
        return _PacedStream(
            self._backend.connect_tcp(address, port, timeout, local_address, socket_options), self._seconds
        )


class Answer:
    """A response whose body has not been read yet; to be closed."""

    def __init__(self, url: str, response: httpcore2.Response) -> None:
        self.url = url
        self.status = response.status
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        self.challenges = [
            value.decode("latin-1") for name, value in response.headers if name.lower() == b"www-authenticate"
        ]
        self._response = response

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes; raises one of `Failure` when it breaks off."""
        yield from self._response.iter_stream()

    def read(self, limit: int) -> bytes:
        """Return the body and close; raises InputError when it is longer than `limit` bytes."""
        content = bytearray()
        try:
            for chunk in self.chunks():
                content += chunk
                if len(content) > limit:
                    raise InputError(f"{self.url} gives more than {limit:,} bytes where a small document is expected.")
        finally:
            self.close()
        return bytes(content)

    def close(self) -> None:
        """Let the connection be used again, or close it when the body was not read to its end."""
        self._response.close()


class Http:
    """Makes requests; connections are kept and used again, by several threads too."""

    def __init__(self, root_ca_pem: str, limits: Limits) -> None:
        self._context = ssl_context(root_ca_pem)
        self._connector = _Connector(limits.stall_seconds)
        self._pools: dict[str, httpcore2.ConnectionPool] = {}

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        """Make one request. Raises one of `Failure`, or UnreachableError for an address we do not go to."""
        parts = check_url(url)
        timeouts = {"connect": CONNECT_SECONDS, "read": None, "write": CONNECT_SECONDS, "pool": None}
        fields: dict[bytes | str, bytes | str] = {
            "Host": parts.netloc.rpartition("@")[2],
            "User-Agent": f"landwaiter/{__version__}",
            "Accept-Encoding": "identity",
        }
        fields.update(headers)
        if body:
            fields["Content-Length"] = str(len(body))
        try:
            request = httpcore2.Request(
                method, url, headers=fields, content=body or None, extensions={"timeout": timeouts}
            )
        except (ValueError, TypeError) as error:
            raise UnreachableError(f"{url!r} is not an address that can be asked.") from error
        return Answer(url, self._pool(parts).handle_request(request))

    def _pool(self, parts: SplitResult) -> httpcore2.ConnectionPool:
        """Return the pool for an address: direct, or of the proxy that the environment names."""
        host = parts.hostname or ""
        proxy = "" if is_loopback(host) or proxy_bypass(host) else getproxies().get(parts.scheme, "")
        if proxy not in self._pools:
            self._pools[proxy] = self._proxy_pool(proxy) if proxy else self._direct_pool()
        return self._pools[proxy]

    def _direct_pool(self) -> httpcore2.ConnectionPool:
        return httpcore2.ConnectionPool(
            ssl_context=self._context,
            max_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=self._connector,
        )

    def _proxy_pool(self, proxy: str) -> httpcore2.ConnectionPool:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"The proxy {parts.scheme}://{parts.hostname} is not supported.", "Name an HTTP proxy.")
        login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        return httpcore2.HTTPProxy(
            proxy_url=f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}",
            proxy_auth=login,
            ssl_context=self._context,
            max_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=self._connector,
        )


def check_url(url: str) -> SplitResult:
    """Return the parts of an address we may go to: https, or http on this machine. Raises UnreachableError."""
    try:
        parts = urlsplit(url)
        is_valid = parts.port is None or parts.port > 0
    except ValueError:
        parts, is_valid = SplitResult("", "", "", "", ""), False
    host = parts.hostname or ""
    if not is_valid or not host or parts.scheme not in ("http", "https") or not url.isascii():
        raise UnreachableError(f"{url!r} is not an address that can be asked.")
    if parts.scheme == "http" and not is_loopback(host):
        raise UnreachableError(
            f"{url!r} is refused: it is not encrypted.",
            "Serve the registry over HTTPS; plain HTTP is for this machine.",
        )
    return parts
