"""boto3 clients for the stand-in, from outside and for its own pieces."""

import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from landwaiter.sandbox.settings import Settings

_CONFIG = Config(
    retries={"max_attempts": 2},
    connect_timeout=5,
    read_timeout=120,
    s3={"addressing_style": "path"},
    # A proxy of this machine has no business between us and 127.0.0.1.
    proxies={},
)


class Clients:
    """boto3 clients of one stand-in, made once each. Safe to share between threads, as boto3's clients are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str) -> Any:  # noqa: ANN401 - the service decides the type
        """The client of a service, such as "ecs"."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def _make(self, service: str) -> Any:  # noqa: ANN401 - see get()
        if self._session is None:
            # Profiles and files of the person at this machine must neither leak in nor break us.
            core = botocore.session.Session(
                session_vars={
                    "profile": (None, None, None, None),
                    "config_file": (None, None, os.devnull, None),
                    "credentials_file": (None, None, os.devnull, None),
                },
            )
            self._session = boto3.session.Session(
                botocore_session=core,
                aws_access_key_id=self._settings.account,
                aws_secret_access_key="sandbox",  # noqa: S106 - the emulator checks none
                region_name=self._settings.region,
            )
        return self._session.client(service, endpoint_url=self._settings.endpoint, config=_CONFIG)
