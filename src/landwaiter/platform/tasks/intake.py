"""Taking in events together: those that arrive while a transaction is under way share the next one.

Each event alone costs a transaction and a dozen statements; a hundred of them at once cost little more. Nobody waits
for company: an event that arrives alone is taken in at once. One thread does the work, so that those who wait for it
need none of their own, and it wakes them all at once.
"""

import contextlib
import threading
from asyncio import AbstractEventLoop, Future, get_running_loop
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from landwaiter.platform.store.database import Database
from landwaiter.platform.tasks.answers import Terms
from landwaiter.platform.tasks.models import TaskAnswer, TaskReport
from landwaiter.platform.tasks.record import record_tasks

MOST = 100
"""Events of one transaction."""

_AWAY = (OperationalError, InterfaceError, PoolTimeoutError)


class _Event(msgspec.Struct):
    """A report that waits with its event loop, and what came of it."""

    report: TaskReport
    loop: AbstractEventLoop
    waiter: "Future[TaskAnswer]"
    result: TaskAnswer | BaseException | None = None


class Intake:
    """The door for events of one process."""

    def __init__(self, database: Database, terms: Terms) -> None:
        """Take the database, and the terms on which images are leased."""
        self._database = database
        self._terms = terms
        self._lock = threading.Lock()
        self._waiting: list[_Event] = []
        self._clerk = ThreadPoolExecutor(1, "intake")

    async def take(self, report: TaskReport) -> TaskAnswer:
        """Take in the report of one task; return the answer once it is committed. Raises InputError.

        Who goes away meanwhile does not take the event along.
        """
        loop = get_running_loop()
        event = _Event(report, loop, loop.create_future())
        with self._lock:
            self._waiting.append(event)
            idle = len(self._waiting) == 1
        if idle:
            self._clerk.submit(self._work)
        return await event.waiter

    def _work(self) -> None:
        """Take in one batch, and come back for what has arrived meanwhile."""
        with self._lock:
            batch = self._next()
            left = bool(self._waiting)
        if left:
            self._clerk.submit(self._work)
        self._record(batch)
        for loop in {event.loop for event in batch}:
            with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(_tell, [event for event in batch if event.loop is loop])

    def _next(self) -> list[_Event]:
        """Return what waits, each task once and in the order of arrival; the rest stays for the next transaction."""
        chosen: dict[str, _Event] = {}
        left = []
        for event in self._waiting:
            if len(chosen) < MOST and event.report.task.task_arn not in chosen:
                chosen[event.report.task.task_arn] = event
            else:
                left.append(event)
        self._waiting = left
        return list(chosen.values())

    def _record(self, batch: list[_Event]) -> None:
        """Record a batch; where that fails, each alone, so that a bad report fails nobody but itself."""
        reports = [event.report for event in batch]
        try:
            answers = self._database.retry(lambda session: record_tasks(session, reports, self._terms))
        except BaseException as error:  # noqa: BLE001 - handed to those who wait for it
            if len(batch) > 1 and not isinstance(error, _AWAY):
                for event in batch:
                    self._record([event])
                return
            for event in batch:
                event.result = error
            return
        for event, answer in zip(batch, answers, strict=True):
            event.result = answer


def _tell(batch: Sequence[_Event]) -> None:
    for event in batch:
        if event.waiter.done():
            continue
        if isinstance(event.result, TaskAnswer):
            event.waiter.set_result(event.result)
        else:
            event.waiter.set_exception(event.result or RuntimeError("an event was left without an answer"))
