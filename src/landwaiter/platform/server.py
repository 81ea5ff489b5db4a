"""The server process: TLS, signals, and a stop that leaves nothing half done."""

import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from landwaiter.errors import InputError
from landwaiter.platform.api.app import create_app
from landwaiter.platform.certificate import check_time
from landwaiter.platform.context import platform_of
from landwaiter.platform.settings import Settings
from landwaiter.platform.store.base import now
from landwaiter.platform.store.migrate import migrate

_LOG = logging.getLogger(__name__)
_GRACE_SECONDS = 20
_BACKLOG = 2048
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then stop in order. Raises InputError or UnreachableError when it cannot start."""
    configure_logging(settings.log_level)
    if settings.tls_certificate and (warning := check_time(settings.tls_certificate, now())):
        _LOG.warning(warning)
    platform = platform_of(settings)
    with _until_stopped(), _listening(settings) as listener, platform.database:
        migrate(platform.database.engine)
        scheme = "https" if settings.tls_certificate else "http"
        _LOG.info("the platform listens on %s://%s:%d", scheme, settings.host, listener.getsockname()[1])
        uvicorn.Server(_config(settings, create_app(settings, platform))).run(sockets=[listener])


def configure_logging(level: str) -> None:
    """Write the log to standard error, one line an event, with the time in UTC."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("alembic", "procrastinate", "uvicorn.error"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


class _StopRequestedError(BaseException):
    """A signal asked us to stop; it passes everything that handles errors, and every `finally` on the way."""


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Turn the signals to stop into an orderly end of the block, also before uvicorn handles them and after."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    except _StopRequestedError:
        _LOG.info("the platform has stopped")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise _StopRequestedError


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Take the port before anything else is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"The platform cannot listen on {settings.host}:{settings.port}: {error}.",
            "Stop what listens there, or choose another address with LANDWAITER_HOST and LANDWAITER_PORT.",
        ) from None
    with listener:
        # Inherited by every connection. Without it the body of an answer waits for the acknowledgement of its head,
        # which the other side delays by 40 ms; asyncio sets it only on sockets that were made with a protocol number.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def _config(settings: Settings, app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
