"""What a deployment is made of: named steps that say what they will do, look at AWS, and do it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

# "by hand": only a person can do it, as we were given no admin token of the platform; the detail has the command.
State: TypeAlias = Literal["done", "to do", "differs", "by hand"]


@dataclass(frozen=True, slots=True)
class Finding:
    """How far a step is, as AWS has it now, and what there is to say about it."""

    state: State
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    `describe` says what it will do; `look` reads only; `run` may be called at any time, does what is left to do, and
    gives one line about what came of it. `part` is the runbook's part, 0 where the guide has none.
    """

    id: str
    name: str
    part: int
    describe: str
    look: Callable[[], Finding]
    run: Callable[[], str]


def removal(found: bool, what: str) -> Finding:  # noqa: FBT001 - the one thing it says
    """How far a step is that takes something away."""
    return Finding("to do", what) if found else Finding("done", "there is none")
