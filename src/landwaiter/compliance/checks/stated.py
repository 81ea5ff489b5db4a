"""Controls whose answer does not depend on the image: the benchmark states it, with its reason."""

from typing import Literal

import msgspec

from landwaiter.compliance.checks.check import Check
from landwaiter.compliance.models import ComplianceEvidence, Result


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The status and why; a benchmark cannot state a pass or a failure."""

    status: Literal["not_assessed", "not_applicable", "inherited"]
    reason: str


def stated(_: ComplianceEvidence, parameters: Statement) -> Result:
    """The benchmark states why this is not assessed, does not apply, or is inherited from AWS."""
    return Result(parameters.status, parameters.reason)


CHECKS = (Check("stated", stated, Statement),)
