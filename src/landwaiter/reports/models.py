"""What a report is made of: the results of one scan, and when it was made."""

import os
import time
import uuid
from datetime import UTC, datetime

import msgspec

from landwaiter.compliance.models import ControlResult
from landwaiter.inventory.models import Inventory
from landwaiter.matching.models import Assessment
from landwaiter.policy.models import Verdict


def now() -> str:
    """Return the time as RFC 3339 in UTC; `SOURCE_DATE_EPOCH` (seconds) overrides the clock."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(fixed) if fixed.isdecimal() and len(fixed) < 12 else int(time.time())
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ScanReport(msgspec.Struct, frozen=True):
    """The results of one scan. Of an inventory alone there is no assessment, no compliance and no verdict.

    `created` is RFC 3339 in UTC. A format's output is a pure function of the report.
    """

    inventory: Inventory
    assessment: Assessment | None = None
    compliance: tuple[ControlResult, ...] = ()
    verdict: Verdict | None = None
    created: str = msgspec.field(default_factory=now)

    @property
    def serial(self) -> uuid.UUID:
        """Names the document: the same for the same image, advisory data and time."""
        image = self.inventory.image
        bundle = self.assessment.bundle.id if self.assessment else ""
        layers = " ".join(layer.diff_id for layer in image.layers)
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{image.reference}\n{image.digest}\n{layers}\n{bundle}\n{self.created}")
