"""Part 3 of the runbook: does the platform's certificate need a root CA of our own, or is all well, or what is wrong.

The chain is shown as a browser shows it. What is shown is not what is believed: the verdict comes only from handshakes
that verify (see `landwaiter.aws.ca.handshake`).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from landwaiter.aws.ca import diagnosis
from landwaiter.aws.ca.certificate_facts import Certificate, Root
from landwaiter.aws.ca.handshake import Address
from landwaiter.aws.ca.roots import MOST_BYTES, bundle_of, read_roots
from landwaiter.errors import InputError
from landwaiter.images.trust import ssl_context

__all__ = ["MOST_BYTES", "Certificate", "ChainReport", "Root", "bundle_of", "check", "expiry_warnings", "read_roots"]

DEFAULT_TIMEOUT = 10.0
WARN_DAYS = 60
"""So many days before its end a certificate is worth a warning."""


class ChainReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a server showed, and what to make of it.

    `verdict` is "well-known" (no layer needed), "custom" (a layer with the root is needed) or "broken"; `reason` is a
    stable word for it (see `diagnosis`), `why` a sentence, `remedy` the next step. `chain` runs from the
    server's certificate upwards, in the order in which one issued the other; `extra` were sent besides. `root` is the
    root CA itself when it is known, from the chain or from the given roots. `stores` tells which stores trust the
    chain: "mozilla", "system", "given". `days_left` is that of the certificate that expires first; None without chain.
    """

    url: str
    verdict: str
    reason: str
    why: str
    remedy: str = ""
    chain: tuple[Certificate, ...] = ()
    extra: tuple[Certificate, ...] = ()
    root: Certificate | None = None
    stores: dict[str, bool] = {}
    protocol: str = ""
    days_left: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def layer_needed(self) -> bool:
        """Whether function and job need the root CA published."""
        return self.verdict == "custom"


def check(url: str, *, extra_roots: str = "", timeout: float = DEFAULT_TIMEOUT) -> ChainReport:
    """Shake hands with the server at `url` and tell whether its certificate needs a custom root CA.

    `extra_roots` is PEM text of roots to test with. `timeout` is in seconds, for each of up to five connections.
    Whatever the server does is told in the report. Raises InputError for an address or roots that are none.
    """
    address, now = parse_address(url), datetime.now(UTC)
    if extra_roots:
        ssl_context(extra_roots)
    finding = diagnosis.diagnose(address, extra_roots, timeout)
    known = [*finding.chain, *([finding.root] if finding.root and finding.root not in finding.chain else [])]
    return ChainReport(
        url=url,
        verdict=finding.verdict,
        reason=finding.reason,
        why=finding.why,
        remedy=finding.remedy,
        chain=finding.chain,
        extra=finding.extra,
        root=finding.root,
        stores=finding.stores,
        protocol=finding.protocol,
        days_left=min((one.days_left(now) for one in known), default=None),
        warnings=(*finding.warnings, *expiry_warnings(known, now)),
    )


def expiry_warnings(certificates: Iterable[Certificate], now: datetime) -> tuple[str, ...]:
    """Return a sentence for each certificate that expires within `WARN_DAYS` days, or has."""
    told = []
    for one in certificates:
        left = one.days_left(now)
        if left < 0:
            told.append(f"{one.subject} expired on {one.not_after:%Y-%m-%d}.")
        elif left < WARN_DAYS:
            told.append(f"{one.subject} expires on {one.not_after:%Y-%m-%d}, in {left} days.")
    return tuple(told)


def parse_address(url: str) -> Address:
    """Read `https://host[:port][/…]` or `host[:port]`. Raises InputError for anything else."""
    remedy = "Give the platform's address, such as https://landwaiter.example.org:8443."
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host, port = parts.hostname or "", parts.port or 443
    except ValueError as error:
        raise InputError(f"{url} is no address: {error}.", remedy) from error
    if parts.scheme != "https":
        raise InputError(f"{url} is not an https:// address: the platform is only spoken to over TLS.", remedy)
    if not host or any(letter.isspace() or not letter.isprintable() for letter in host):
        raise InputError(f"{url} names no host.", remedy)
    return Address(host, port)
