"""The server process: TLS, signals, and a stop that leaves nothing half done."""

import logging
import sys
import time

import uvicorn
from fastapi import FastAPI

from landwaiter.errors import InputError
from landwaiter.platform.api.app import create_app
from landwaiter.platform.context import platform_of
from landwaiter.platform.settings import Settings

_LOG = logging.getLogger(__name__)
_GRACE_SECONDS = 20


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises InputError or UnreachableError when the platform cannot start."""
    configure_logging(settings.log_level)
    platform = platform_of(settings)
    with platform.database:
        server = uvicorn.Server(_config(settings, create_app(settings, platform)))
        server.run()
        if not server.started:
            raise InputError(
                f"The platform cannot listen on {settings.host}:{settings.port}, or failed to start.",
                "The log above says why; another process may have the port.",
            )


def configure_logging(level: str) -> None:
    """Write the log to standard error, one line an event, with the time in UTC."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("alembic", "procrastinate"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def _config(settings: Settings, app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
