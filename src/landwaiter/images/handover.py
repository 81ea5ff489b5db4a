"""Handing work from one thread to the next, a bounded number of pieces at a time."""

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

Item = TypeVar("Item")


class StoppedError(Exception):
    """The other side has given up; raised only within the threads of a handover."""


class Handover(Generic[Item]):
    """Runs `produce` in a thread of its own; `get` gives what it yields, in order, at most `depth` pieces ahead.

    What `produce` raises is raised by `get`. Use as a context manager: leaving it ends the thread, whatever is unread;
    a producer that waits for something else must have been woken before (`cancel` of the handover that it reads).
    """

    def __init__(self, produce: Callable[[], Iterator[Item]], depth: int, name: str) -> None:
        self._produce = produce
        self._items: SimpleQueue[Item | BaseException | None] = SimpleQueue()
        self._slots: SimpleQueue[None] = SimpleQueue()
        for _ in range(depth):
            self._slots.put(None)
        self._cancelled = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> "Handover[Item]":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()
        self._thread.join()

    def cancel(self) -> None:
        """Let both sides stop waiting: the producer ends, and whoever gets meets StoppedError."""
        self._cancelled = True
        self._slots.put(None)
        self._items.put(StoppedError())

    def get(self) -> Item | None:
        """Return the next piece, None once there are no more."""
        if self._ended:
            return None
        item = self._items.get()
        if item is None or isinstance(item, BaseException):
            self._ended = True
            if item is not None:
                raise item
            return None
        self._slots.put(None)
        return item

    def _run(self) -> None:
        try:
            for item in self._produce():
                self._items.put(item)
                self._slots.get()
                if self._cancelled:
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that reads
            self._items.put(error)
        else:
            self._items.put(None)
