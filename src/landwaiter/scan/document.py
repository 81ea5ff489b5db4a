"""The documents that the scan job and the platform exchange (msgspec JSON)."""

import msgspec

from landwaiter.images.models import Image
from landwaiter.inventory.models import ANALYSER_VERSION


class ScanDocument(msgspec.Struct, frozen=True):
    """The result of one scan job: the image; its layers' facts are uploaded apart, once for each `diff_id`.

    `manifest_digest` is the digest of the platform-specific manifest: the unit of truth.
    """

    scan_id: str
    image: Image
    manifest_digest: str
    analyser: str = ANALYSER_VERSION
    pulled_layers: int = 0
    pulled_bytes: int = 0


class ScanFailure(msgspec.Struct, frozen=True):
    """Why a scan job failed: a stable `kind`, what is wrong and what to do, in a person's words.

    Kinds: unreadable (no image, truncated, digest mismatch, beyond a bound, not found), unauthorized, unreachable,
    internal (a fault of ours).
    """

    kind: str
    what: str
    remedy: str = ""


class StepReport(msgspec.Struct, frozen=True):
    """One named step of the journey of a scan: when it began (RFC 3339 UTC), how long it took (ms), what it says."""

    step: str
    started: str
    milliseconds: int
    detail: str = ""
    ok: bool = True


class LayerQuery(msgspec.Struct, frozen=True):
    """Ask which of these layers' facts does the platform hold already."""

    diff_ids: tuple[str, ...]
    analyser: str = ANALYSER_VERSION


class LayerAnswer(msgspec.Struct, frozen=True):
    """The layers that it does not hold, in the order asked."""

    missing: tuple[str, ...]
