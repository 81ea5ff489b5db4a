"""The function's settings, from its environment variables (set by `aws/templates/scanning.yaml`)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class SettingsError(Exception):
    """An environment variable of the function is missing or cannot be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the platform is, how it is trusted, and which project scans.

    `root_certificate` is the path below /opt where the Lambda layer holds the platform's custom root CA, "" when the
    platform's certificate is signed by a well-known CA.
    """

    platform_url: str
    token_secret: str
    project: str
    root_certificate: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings; raise SettingsError naming the variable that is missing or wrong."""
        url = environment.get("LANDWAITER_PLATFORM_URL", "").rstrip("/")
        if not _is_https(url):
            raise SettingsError("LANDWAITER_PLATFORM_URL must be the platform's https:// address")
        for name in ("LANDWAITER_TOKEN_SECRET", "LANDWAITER_PROJECT"):
            if not environment.get(name):
                raise SettingsError(f"{name} is not set")
        return cls(
            platform_url=url,
            token_secret=environment["LANDWAITER_TOKEN_SECRET"],
            project=environment["LANDWAITER_PROJECT"],
            root_certificate=environment.get("QualysPodCustomRootCertPath", ""),
        )


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
