"""Credentials in the Docker config file, and the credential helpers that it names.

Source: docker/cli, "config.json" (`auths`, `credHelpers`, `credsStore`); docker-credential-helpers, command `get`.
"""

import base64
import binascii
import os
import re
import shutil
import subprocess
from pathlib import Path

import msgspec

from landwaiter.errors import InputError
from landwaiter.images.credentials import Credential, hosts_of
from landwaiter.images.files import read_document

_MAX_CONFIG = 1024 * 1024
_HELPER = re.compile(r"[A-Za-z0-9_.-]+\Z")
_HELPER_SECONDS = 30
_TOKEN_USER = "<token>"  # noqa: S105 - the word that helpers put in place of a user


class _Auth(msgspec.Struct, frozen=True):
    auth: str = ""
    username: str = ""
    password: str = ""
    identitytoken: str = ""


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    auths: dict[str, _Auth] = {}
    cred_helpers: dict[str, str] = {}
    creds_store: str = ""


class _HelperAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    username: str = ""
    secret: str = ""


class DockerConfig(msgspec.Struct, frozen=True):
    """The credentials of a Docker config file, which need not exist; read when a registry asks for them."""

    path: Path

    def find(self, registry: str) -> Credential | None:
        """Return the credential for a registry host: of its helper, of the general store, or from the file itself.

        Raises InputError when the file or a helper's answer cannot be read.
        """
        config = self._read()
        names = hosts_of(registry)
        helper = next((config.cred_helpers[name] for name in names if name in config.cred_helpers), config.creds_store)
        if helper:
            found = next((found for name in names[:2] if (found := _ask_helper(helper, name))), None)
            if found:
                return found
        by_host = {_host(name): auth for name, auth in config.auths.items()}
        auth = next((by_host[_host(name)] for name in names if _host(name) in by_host), None)
        return self._credential(auth) if auth else None

    def _read(self) -> _Config:
        if not self.path.exists():
            return _Config()
        try:
            return msgspec.json.decode(read_document(self.path, _MAX_CONFIG), type=_Config)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"The Docker config file {self.path} cannot be read: {error}.") from error

    def _credential(self, auth: _Auth) -> Credential | None:
        username, password = auth.username, auth.password
        if auth.auth:
            try:
                text = base64.b64decode(auth.auth, validate=True).decode().rstrip("\x00")
            except (binascii.Error, UnicodeDecodeError) as error:
                raise InputError(f"The Docker config file {self.path} has an auth that is not base64.") from error
            username, _, password = text.partition(":")
        if not (password or auth.identitytoken):
            return None
        return Credential(username, password, auth.identitytoken)


def default_docker_config() -> DockerConfig:
    """Return the user's own Docker config file: in DOCKER_CONFIG or the home folder."""
    folder = os.environ.get("DOCKER_CONFIG")
    return DockerConfig((Path(folder) if folder else Path.home() / ".docker") / "config.json")


def _host(name: str) -> str:
    """Return the host of a key in `auths`, which may be an address with scheme and path."""
    return name.partition("://")[2].partition("/")[0] if "://" in name else name.partition("/")[0]


def _ask_helper(helper: str, server: str) -> Credential | None:
    """Run `docker-credential-HELPER get`; None when it knows nothing of the server."""
    if not _HELPER.match(helper):
        raise InputError(f"{helper!r} in the Docker config file is not the name of a credential helper.")
    program = shutil.which(f"docker-credential-{helper}")
    if program is None:
        raise InputError(
            f"The Docker config file names the credential helper docker-credential-{helper}, which is not installed.",
            "Install it, or remove it from the file.",
        )
    try:
        done = subprocess.run(
            [program, "get"], input=server.encode(), capture_output=True, timeout=_HELPER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"The credential helper docker-credential-{helper} does not answer: {error}.") from error
    if done.returncode:
        return None
    try:
        answer = msgspec.json.decode(done.stdout, type=_HelperAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The credential helper docker-credential-{helper} gives no readable answer.") from error
    if answer.username == _TOKEN_USER:
        return Credential(identity_token=answer.secret)
    return Credential(answer.username, answer.secret) if answer.secret else None
