"""One record that speaks of one package of the image, judged."""

import msgspec

from landwaiter.inventory.models import LayerSummary, Package
from landwaiter.matching.models import Reason


class Considered(msgspec.Struct, frozen=True):
    """What one record says of one package of the image.

    `outcome` is that of `landwaiter.matching.judge.Judgement`, or "owned" for a language package that the distribution
    owns; `note` says why where it is not "affected". `decides` marks the records that the answer rests on. `layers` are
    those that brought the package, in the order of its locations. `ranges` are all that the record holds for affected,
    `comparison` how the installed version compares with them, `fixed` the versions that mend it, and `status` what the
    vendor says ("affected", "will_not_fix", …).
    """

    package: Package
    reason: Reason
    outcome: str
    note: str
    decides: bool
    layers: tuple[LayerSummary, ...]
    ranges: str = ""
    comparison: str = ""
    fixed: tuple[str, ...] = ()
    status: str = "affected"
