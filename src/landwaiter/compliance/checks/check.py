"""What a check is: a pure function over evidence and parameters, under the name by which benchmarks use it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from landwaiter.compliance.models import ComplianceEvidence, Result


class NoParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of a check that has none."""


P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Check(Generic[P]):
    """A check by name. `parameters` is the msgspec Struct that its parameters in a benchmark are read into."""

    name: str
    run: Callable[[ComplianceEvidence, P], Result]
    parameters: type[P]

    @property
    def describes(self) -> str:
        """Say in a sentence what the check looks at: the first line of its function's docstring."""
        return (self.run.__doc__ or "").strip().partition("\n")[0]


AnyCheck = Check[Any]
"""A check whose parameters are known only to itself; the loader builds them from `Check.parameters`."""
