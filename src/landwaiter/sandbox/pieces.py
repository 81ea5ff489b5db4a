"""The one list of what the sandbox adds to the emulator."""

from types import ModuleType

from landwaiter.sandbox import (
    addresses,
    blob_store,
    builds,
    delivery,
    functions,
    registry,
    route_tables,
    stack_types,
    task_events,
    tasks,
)
from landwaiter.sandbox.internals import check_needs
from landwaiter.sandbox.settings import Settings

# In use from the first request on.
FIRST: tuple[ModuleType, ...] = (
    registry,
    blob_store,
    task_events,
    tasks,
    delivery,
    functions,
    builds,
    addresses,
    route_tables,
)
# CloudFormation imports every service it knows, which takes seconds: installed while the others answer already.
LATER: tuple[ModuleType, ...] = (stack_types,)


def install(pieces: tuple[ModuleType, ...], settings: Settings) -> None:
    """Check what the pieces need and put them in place. Raises `StandInChangedError` when the emulator has changed."""
    for piece in pieces:
        check_needs(piece.NEEDS)
    for piece in pieces:
        if hasattr(piece, "install"):
            piece.install(settings)
