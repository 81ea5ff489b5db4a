"""The platform's settings: from a TOML file, overridden by the environment, checked as a whole before anything starts.

A setting `port` is written `port = 8443` in the file and `LANDWAITER_PORT=8443` in the environment, where lists are
separated by commas. A key of the file that is no setting is an error: it is a typing mistake.
"""

import os
import ssl
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from landwaiter.errors import InputError
from landwaiter.policy.load import checked
from landwaiter.policy.models import Policy

PREFIX = "LANDWAITER_"

_Minutes = Annotated[int, Meta(ge=1, le=10_080)]
_Days = Annotated[int, Meta(ge=1, le=36_500)]


def default_data_folder() -> Path:
    """Return the data folder of this user: LANDWAITER_HOME, or as the XDG base directory specification has it."""
    if os.environ.get("LANDWAITER_HOME"):
        return Path(os.environ["LANDWAITER_HOME"])
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "landwaiter"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that can be set. Every field has a default that is safe."""

    data: Path = msgspec.field(default_factory=default_data_folder)
    """Folder for the embedded database (`postgres/`) and the advisory bundles (`bundle/`)."""
    database_url: str = ""
    """DSN of a PostgreSQL of your own, `postgresql://user:password@host/database`; empty starts the embedded one."""
    host: str = "127.0.0.1"
    """Address to listen on. Anything but loopback needs a certificate, or a trusted proxy that has one."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 8443
    """Port to listen on; 0 takes a free one."""
    tls_certificate: Path | None = None
    """PEM file with the server's certificate and the intermediate ones."""
    tls_key: Path | None = None
    """PEM file with the certificate's private key."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks of proxies whose X-Forwarded-For is believed; nobody else's is."""
    admission_seconds: Annotated[float, Meta(ge=0, le=60)] = 2.0
    """How long a network and a token that were found good are not looked up again; a revocation takes as long."""
    worker: bool = True
    """Whether this process also works on the queue (assessments, clean-up)."""
    lease_minutes: _Minutes = 15
    """How long a scan holds its lease without a sign of life."""
    reference_minutes: _Minutes = 60
    """How long an image that is known by tag only is taken for the one scanned last under this tag."""
    silent_minutes: _Minutes = 180
    """After this time without an event or a sweep a sensor is shown as silent."""
    session_hours: Annotated[int, Meta(ge=1, le=720)] = 12
    """Life of a console session."""
    session_idle_minutes: _Minutes = 60
    """A console session ends after this time without use."""
    keep_events_days: _Days = 90
    """How long task events and the journeys of finished scans are kept."""
    keep_images_days: _Days = 180
    """How long an image is kept after it ran last."""
    log_level: str = "info"
    """debug, info, warning or error."""
    policy: Policy = Policy()
    """The policy that decides the verdicts; a table `[policy]` in the file."""

    def __repr__(self) -> str:
        """Leave out the DSN, which holds a password, wherever settings end up in a log."""
        return f"Settings(data={str(self.data)!r}, host={self.host!r}, port={self.port})"

    @property
    def bundle_folder(self) -> Path:
        """Where the advisory bundles lie; the newest one is used."""
        return self.data / "bundle"

    @property
    def database_folder(self) -> Path:
        """Where the embedded database lives."""
        return self.data / "postgres"

    @property
    def secure(self) -> bool:
        """Whether browsers reach the platform by HTTPS."""
        return self.tls_certificate is not None or bool(self.trusted_proxies)

    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the trusted proxies as networks."""
        return tuple(ip_network(text, strict=False) for text in self.trusted_proxies)


def load_settings(file: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read `file` (or the one LANDWAITER_CONFIG names, if any) and the environment. Raises InputError."""
    if file is None and environment.get(PREFIX + "CONFIG"):
        file = Path(environment[PREFIX + "CONFIG"])
    values = _file(file) if file else {}
    for field in msgspec.structs.fields(Settings):
        text = environment.get(PREFIX + field.name.upper())
        if text is not None and field.name != "policy":
            values[field.name] = text.split(",") if field.name == "trusted_proxies" and text else text or None
    values = {name: value for name, value in values.items() if value is not None}
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise InputError(f"A setting is wrong: {error}.", "docs/reference/settings.md lists the settings.") from None
    _check(settings)
    return settings


def _file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"The settings file {path} cannot be read: {error.strerror}.", "Check LANDWAITER_CONFIG."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The settings file {path} is not TOML: {error}.", "Mend the line that it names.") from error


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise NotImplementedError


def _check(settings: Settings) -> None:
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise InputError(
            "A certificate needs its key, and a key its certificate.", "Set both tls_certificate and tls_key."
        )
    for path in (settings.tls_certificate, settings.tls_key):
        if path is not None and not path.is_file():
            raise InputError(f"The file {path} does not exist.", "Set tls_certificate and tls_key to PEM files.")
    _check_certificate(settings)
    checked(settings.policy)
    try:
        settings.proxies()
    except ValueError as error:
        raise InputError(f"trusted_proxies: {error}.", "Write networks such as 10.0.0.0/24.") from None
    if not settings.secure and not _loopback(settings.host):
        raise InputError(
            f"The platform does not listen on {settings.host} without TLS.",
            "Set tls_certificate and tls_key, or trusted_proxies when a proxy in front speaks TLS.",
        )
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise InputError(f"{settings.log_level!r} is no log level.", "Use debug, info, warning or error.")


def _check_certificate(settings: Settings) -> None:
    """Load the certificate and its key once, to tell what is wrong with them before anything is started."""
    if settings.tls_certificate is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (ssl.SSLError, OSError) as error:
        raise InputError(
            f"The certificate {settings.tls_certificate} and its key cannot be used: {error}.",
            "Set tls_certificate and tls_key to PEM files that belong together; the key must not be encrypted.",
        ) from None


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
