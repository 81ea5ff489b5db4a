"""A plan: changes that are told before they are made. An empty plan means that all is as wanted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `name` is a stable word for it, `text` says what it does, in a person's words; `make` makes it."""

    name: str
    text: str
    make: Callable[[], object]


def make_all(changes: Iterable[Change]) -> list[str]:
    """Make changes in their order; return their texts."""
    done = []
    for change in changes:
        change.make()
        done.append(change.text)
    return done
