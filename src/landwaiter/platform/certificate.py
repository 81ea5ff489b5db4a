"""The server's certificate: whether its time has come and has not passed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from landwaiter.errors import InputError

SOON = timedelta(days=21)
"""How long before its end a certificate is warned of."""


def check_time(path: Path, now: datetime) -> str:
    """Return a warning when the server's certificate (the first of a PEM file) ends soon, else "".

    Raises InputError when it has expired or is not valid yet: every sensor and browser would turn away.
    """
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"The certificate {path} cannot be read: {error}.", "Write it as PEM.") from None
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    remedy = "Have your CA issue a new one, put it in place of this one, and start the platform again."
    if now > ends:
        raise InputError(f"The certificate {path} expired on {_day(ends)}.", remedy)
    if now < begins:
        raise InputError(f"The certificate {path} is not valid before {_day(begins)}.", f"See the clock. {remedy}")
    left = (ends - now).days
    return f"The certificate {path} expires on {_day(ends)}, in {left} days. {remedy}" if ends - now < SOON else ""


def _day(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
