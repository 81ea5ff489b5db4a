"""What the services of `scans` take and return."""

from datetime import datetime

import msgspec


class Wanted(msgspec.Struct, frozen=True):
    """An image that a task runs and that is not known: by which name and digest ("" if unknown), and who asks for it.

    `patient` when a sweep asks: it comes again and again, so an image whose scan failed waits longer each time.
    """

    image: str
    digest: str
    platform: str
    account: str
    region: str
    task_arn: str
    task_version: int
    patient: bool = False

    @property
    def key(self) -> str:
        """The lease key: one active scan for each."""
        return f"{self.digest or self.image} {self.platform}"


class Lease(msgspec.Struct, frozen=True):
    """The scan that answers for an image, active or failed. `mine` when the one who asked is to start the build."""

    scan_id: str
    mine: bool
    reason: str


class Failure(msgspec.Struct, frozen=True):
    """Why a scan failed, and what to do."""

    kind: str
    what: str
    remedy: str


class Step(msgspec.Struct, frozen=True):
    """A step of a scan's journey; `origin` is "job" or "platform"."""

    step: str
    started: datetime
    milliseconds: int
    detail: str
    ok: bool
    origin: str


class Scan(msgspec.Struct, frozen=True):
    """One attempt to scan an image. `image_digest` is the digest of the image that it gave."""

    scan_id: str
    image: str
    digest: str
    platform: str
    state: str
    attempt: int
    account: str
    region: str
    task_arn: str
    build_id: str
    image_digest: str | None
    failure: Failure | None
    pulled_layers: int
    pulled_bytes: int
    created: datetime
    updated: datetime
    finished: datetime | None
    lease_until: datetime


class Journey(msgspec.Struct, frozen=True):
    """A scan with its steps in the order of time."""

    scan: Scan
    steps: tuple[Step, ...]


class ScanPage(msgspec.Struct, frozen=True):
    """A page of scans, newest first. `next` is the cursor of the next page, None on the last."""

    scans: tuple[Scan, ...]
    next: str | None


class SensorScan(msgspec.Struct, frozen=True):
    """A scan as its job sees it."""

    scan_id: str
    image: str
    digest: str
    platform: str
    state: str
