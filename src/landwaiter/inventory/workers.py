"""Analyses layers in two processes: this one, and one forked off, each taking the next layer when it is done.

Python's interpreter lock lets only one thread walk over a layer at a time, and makes the decompressing threads wait for
it; processes do not share it. The queue is a pipe that holds the layers' places before anybody reads it.
"""

import gc
import os
import select
import signal
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Generic, NoReturn, TypeVar

import msgspec

from landwaiter.errors import InputError, LandwaiterError

_PLACE = struct.Struct("<H")
_LENGTH = struct.Struct("<Q")
MAX_LAYERS = 4096
"""So many places fit into a pipe; more layers than any engine stacks (127) are left to threads."""


Result = TypeVar("Result")


class Failure(msgspec.Struct, frozen=True):
    """An error of the other process: its kind and text."""

    kind: str
    what: str
    remedy: str


def can_fork(layers: int) -> bool:
    """Tell whether this process may be forked: with further threads their locks would stay locked for ever."""
    return layers <= MAX_LAYERS and hasattr(os, "fork") and threading.active_count() == 1


def analyse_in_processes(
    indexes: Sequence[int], analyse: Callable[[int], Result], kind: type[Result]
) -> Iterator[Result]:
    """Yield what `analyse` makes of the layer at each place; raises the LandwaiterError it raises, wherever it ran.

    `kind` is a Struct that msgspec can carry over. The other process's results come when it has no more to do.
    """
    queue = _queue(indexes)
    try:
        other = _Other(queue, analyse, kind)
        try:
            while not other.has_spoken() and (index := _next(queue)) is not None:
                yield analyse(index)
            yield from other.results()
        finally:
            other.end()
    finally:
        os.close(queue)


def _queue(indexes: Sequence[int]) -> int:
    """Return the reading end of a pipe with all places in it."""
    reading, writing = os.pipe()
    os.write(writing, b"".join(map(_PLACE.pack, indexes)))
    os.close(writing)
    return reading


def _next(queue: int) -> int | None:
    place = os.read(queue, _PLACE.size)
    return int(_PLACE.unpack(place)[0]) if place else None


class _Other(Generic[Result]):
    """The process that was forked off."""

    def __init__(self, queue: int, analyse: Callable[[int], Result], kind: type[Result]) -> None:
        self._kind = kind
        reading, writing = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(reading)
            _work(queue, writing, analyse)
        os.close(writing)
        self._answers = reading

    def has_spoken(self) -> bool:
        """Tell whether it has written or ended: before the queue is empty it does so for an error alone."""
        return bool(select.select([self._answers], [], [], 0)[0])

    def results(self) -> Iterator[Result]:
        """Wait for it, and yield its results. Raises its error, and InputError when it was ended from outside."""
        while (frame := self._frame()) is not None:
            yield msgspec.msgpack.decode(frame, type=self._kind)
        failed = self._frame()
        if failed is not None:
            raise _error(msgspec.msgpack.decode(failed, type=Failure))

    def _frame(self) -> bytes | None:
        """Return the next frame, None for one of no length."""
        length = int(_LENGTH.unpack(self._read(_LENGTH.size))[0])
        return self._read(length) if length else None

    def _read(self, count: int) -> bytes:
        pieces = []
        while count > 0:
            piece = os.read(self._answers, min(count, 1 << 20))
            if not piece:
                raise InputError("A process that read layers was ended from outside.", "Give it more memory.")
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)

    def end(self) -> None:
        """End the process, whether it is done or not."""
        os.close(self._answers)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _work(queue: int, answers: int, analyse: Callable[[int], Result]) -> NoReturn:
    """Be the other process: take layers until there are none, then write the results, a mark, the error if any.

    Nothing is written before, as the first process reads only when it has nothing else to do.
    """
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        gc.disable()
        done: list[Result] = []
        failure = b""
        try:
            while (index := _next(queue)) is not None:
                done.append(analyse(index))
        except LandwaiterError as error:
            done.clear()
            failure = msgspec.msgpack.encode(Failure(type(error).__name__, error.what, error.remedy))
        for frame in (*map(msgspec.msgpack.encode, done), b"", failure):
            _write(answers, _LENGTH.pack(len(frame)) + frame)
        code = 0
    finally:
        # Neither what was registered to run at exit nor the callers' clean-up is this process's to do.
        os._exit(code)


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _error(failure: Failure) -> LandwaiterError:
    kinds = {kind.__name__: kind for kind in LandwaiterError.__subclasses__()}
    return kinds.get(failure.kind, InputError)(failure.what, failure.remedy)
