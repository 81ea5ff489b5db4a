"""The doctor's test invocation: whether the platform is reached and trusted from where this function runs.

Nothing is raised: whatever goes wrong is part of the answer.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from landwaiter.trigger.platform_client import PlatformError, trust
from landwaiter.trigger.settings import Settings, SettingsError

_SECONDS = 8
_MOST_BYTES = 64 * 1024


def check(read_token: Callable[[str], str]) -> dict[str, Any]:
    """Connect to the platform and tell how far that got; `read_token` reads the token from a secret.

    The answer has `reachable` (a TCP connection), `trusted` (its certificate), `error` ("" when all is well),
    `address` (what the platform's name means here), `admitted` (our own address is on its list), `token_accepted` and
    `health` (its own words); None where it did not come to that.
    """
    answer: dict[str, Any] = {"reachable": False, "trusted": False, "error": "", "address": ""}
    answer |= {"admitted": None, "token_accepted": None, "health": None}
    try:
        settings = Settings.from_environment()
        _connect(settings, answer, read_token)
    except ssl.SSLCertVerificationError as error:
        answer["error"] = f"certificate not trusted: {error.verify_message}"
    except (SettingsError, PlatformError, OSError, http.client.HTTPException, ValueError) as error:
        answer["error"] = f"{error}" or type(error).__name__
    return answer


def _connect(settings: Settings, answer: dict[str, Any], read_token: Callable[[str], str]) -> None:
    place = urlsplit(settings.platform_url)
    host, port = place.hostname or "", place.port or 443
    with socket.create_connection((host, port), _SECONDS) as raw:
        answer.update(reachable=True, address="{}:{}".format(*raw.getpeername()[:2]))
        with trust(settings.root_certificate).wrap_socket(raw, server_hostname=host) as secured:
            answer["trusted"] = True
            connection = http.client.HTTPSConnection(host, port)
            connection.sock = secured
            _ask(connection, place.path, answer, lambda: read_token(settings.token_secret))


def _ask(
    connection: http.client.HTTPSConnection, base: str, answer: dict[str, Any], read_token: Callable[[], str]
) -> None:
    """A sensor call is judged by its network first and its token second, so the two refusals tell them apart."""
    _, answer["health"] = _get(connection, f"{base}/api/v1/health", "")
    sensor = f"{base}/api/v1/sensor/scans/landwaiter-doctor"
    status, said = _get(connection, sensor, "")
    answer["admitted"] = {401: True, 403: False}.get(status)
    if status == 403:
        answer["error"] = str(said.get("error", {}).get("what", "the platform refuses our address"))
    if answer["admitted"]:
        status, _ = _get(connection, sensor, read_token())
        answer["token_accepted"] = status not in {401, 403} if status < 500 else None


def _get(connection: http.client.HTTPSConnection, path: str, token: str) -> tuple[int, dict[str, Any]]:
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    content = answer.read(_MOST_BYTES)
    try:
        said = json.loads(content)
    except ValueError:
        said = {}
    if answer.read(1):
        raise http.client.HTTPException(f"the answer to {path} is longer than {_MOST_BYTES} bytes")
    return answer.status, said if isinstance(said, dict) else {}
