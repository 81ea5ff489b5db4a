"""The job's settings, from the environment that CodeBuild gives it (see `aws/templates/scanning.yaml`)."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from landwaiter.errors import InputError
from landwaiter.images.digest import parse_digest
from landwaiter.images.platform import Platform, parse_platform
from landwaiter.images.trust import read_root_ca


class JobSettings(msgspec.Struct, frozen=True):
    """What to scan and whom to tell.

    `digest` is "" when AWS did not tell it; `root_ca` is PEM text, "" for a platform with a well-known CA;
    `registry_ca` likewise of the CAs of registries; `registry_secret` the ARN of the secret with the credentials of a
    private registry, "" for none.
    """

    platform_url: str
    token: str
    scan_id: str
    image: str
    digest: str
    image_platform: Platform
    root_ca: str = ""
    registry_ca: str = ""
    registry_secret: str = ""

    def __repr__(self) -> str:
        return f"JobSettings(scan_id={self.scan_id!r}, image={self.image!r})"


def read_settings(environment: Mapping[str, str] = os.environ) -> JobSettings:
    """Read the settings; raise InputError naming the variable that is missing or malformed."""
    for name in ("LANDWAITER_PLATFORM_URL", "LANDWAITER_TOKEN", "LANDWAITER_SCAN_ID", "LANDWAITER_IMAGE"):
        if not environment.get(name):
            raise InputError(f"{name} is not set.", "The build is started by the Lambda function, which sets it.")
    url = environment["LANDWAITER_PLATFORM_URL"].rstrip("/")
    if not _is_https(url):
        raise InputError(
            f"LANDWAITER_PLATFORM_URL is {url!r}.", "The platform is only spoken to over https://, as in https://HOST."
        )
    digest, token = environment.get("LANDWAITER_DIGEST", ""), environment["LANDWAITER_TOKEN"].strip()
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise InputError("LANDWAITER_TOKEN is no token.", "Store the token alone in the secret, on one line.")
    return JobSettings(
        platform_url=url,
        token=token,
        scan_id=environment["LANDWAITER_SCAN_ID"],
        image=environment["LANDWAITER_IMAGE"],
        digest=parse_digest(digest) if digest else "",
        image_platform=parse_platform(environment.get("LANDWAITER_IMAGE_PLATFORM") or "linux/amd64"),
        root_ca=environment.get("LANDWAITER_ROOT_CA", ""),
        registry_ca=_pem(environment.get("LANDWAITER_REGISTRY_CA", "")),
        registry_secret=environment.get("LANDWAITER_REGISTRY_SECRET", ""),
    )


def _is_https(url: str) -> bool:
    """Tell whether `url` is an https:// address with a host, and with a port that can be one if any."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _pem(text: str) -> str:
    """Return `text` when it is PEM, else what the file that it names holds; raises InputError when that is no PEM."""
    return text if not text.strip() or "-----BEGIN" in text else read_root_ca(Path(text.strip()))
