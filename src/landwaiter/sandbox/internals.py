"""The emulator's private names, reached in one place and checked before use.

The sandbox extends `ministack` from inside, through names that its authors may rename at any time. So the version is
pinned exactly, and each piece says which names it needs and what they must look like; a mismatch stops the sandbox at
its start with a list of what is gone, rather than letting it answer wrongly later.
"""

import importlib
import importlib.metadata
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from landwaiter.errors import LandwaiterError

PINNED_VERSION = "1.5.33"

# What the emulator's functions return: status, headers, body.
Response: TypeAlias = tuple[int, dict[str, str], bytes]


class StandInChangedError(LandwaiterError):
    """The installed emulator is not the one the sandbox was written for."""


@dataclass(frozen=True, slots=True)
class Need:
    """A name that a piece uses: `module` below `ministack`, `name` in it, and for functions the first `parameters`."""

    module: str
    name: str
    parameters: tuple[str, ...] = ()


class Inside:
    """The private names of one of the emulator's modules, without their underscore: `Inside("services.ecs").tasks`.

    Reading and assigning both go to the module itself. The emulator carries no types, so what comes out is `Any`.
    """

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_module", module(name))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the emulator carries no types
        return getattr(object.__getattribute__(self, "_module"), f"_{name}")

    def __setattr__(self, name: str, value: object) -> None:
        target = object.__getattribute__(self, "_module")
        getattr(target, f"_{name}")  # a new name would be a spelling mistake
        setattr(target, f"_{name}", value)


def module(name: str) -> Any:  # noqa: ANN401 - the emulator carries no types
    """Import `ministack.<name>`; it is a large package, so each piece imports only what it extends."""
    return importlib.import_module(f"ministack.{name}")


def service(name: str) -> Inside:
    """The inside of the emulator's module of one AWS service."""
    return Inside(f"services.{name}")


def check_version() -> None:
    """Raise `StandInChangedError` unless the pinned emulator is installed."""
    try:
        found = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        found = "not installed"
    if found != PINNED_VERSION:
        raise StandInChangedError(
            f"The sandbox needs ministack {PINNED_VERSION}, found: {found}.",
            "Install landwaiter with its sandbox extra: pip install 'landwaiter[sandbox]'.",
        )


def check_needs(needs: Iterable[Need]) -> None:
    """Raise `StandInChangedError` that lists every need the installed emulator does not meet."""
    problems = [problem for need in needs if (problem := _problem(need))]
    if problems:
        raise StandInChangedError("The emulator's inside has changed: " + "; ".join(problems) + ".")


def _problem(need: Need) -> str:
    try:
        value = getattr(module(need.module), need.name)
    except ImportError as error:
        return f"{need.module} cannot be imported ({error})"
    except AttributeError:
        return f"{need.module}.{need.name} is gone"
    if not need.parameters:
        return ""
    if not callable(value):
        return f"{need.module}.{need.name} is no function"
    found = tuple(inspect.signature(value).parameters)[: len(need.parameters)]
    return "" if found == need.parameters else f"{need.module}.{need.name} takes ({', '.join(found)})"
