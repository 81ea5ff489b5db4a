"""Taking in events together: those that arrive while a transaction is under way share the next one.

Each event alone costs a transaction and a dozen statements; a hundred of them at once cost little more. Nobody waits
for company: an event that arrives alone is taken in at once.
"""

import threading

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from landwaiter.platform.store.database import Database
from landwaiter.platform.tasks.answers import Terms
from landwaiter.platform.tasks.models import TaskAnswer, TaskReport
from landwaiter.platform.tasks.record import record_tasks

MOST = 100
"""Events of one transaction."""

_AWAY = (OperationalError, InterfaceError, PoolTimeoutError)


class _Event:
    """A report that waits. Its thread is woken with the answer, with the error, or with neither: then it leads."""

    def __init__(self, report: TaskReport) -> None:
        self.report = report
        self.woken = threading.Event()
        self.answer: TaskAnswer | None = None
        self.error: BaseException | None = None


class Intake:
    """The door for events of one process. One thread leads: it takes in what waits, for all, and hands the lead on."""

    def __init__(self, database: Database, terms: Terms) -> None:
        """Take the database, and the terms on which images are leased."""
        self._database = database
        self._terms = terms
        self._lock = threading.Lock()
        self._waiting: list[_Event] = []
        self._led = False

    def take(self, report: TaskReport) -> TaskAnswer:
        """Take in the report of one task; return the answer once it is committed. Raises InputError."""
        mine = _Event(report)
        with self._lock:
            self._waiting.append(mine)
            follows, self._led = self._led, True
        if follows:
            mine.woken.wait()
        if mine.answer is None and mine.error is None:
            self._lead()
        if mine.answer is None:
            raise mine.error or RuntimeError("an event was left without an answer")
        return mine.answer

    def _lead(self) -> None:
        """Take in one batch, of which the leader's own event is the first, and wake its threads and the next leader."""
        with self._lock:
            batch = self._next()
        try:
            self._record(batch)
        finally:
            with self._lock:
                following = self._waiting[:1]
                self._led = bool(following)
            for event in (*following, *batch):
                event.woken.set()

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
        except Exception as error:  # noqa: BLE001 - handed to those who wait for it
            if len(batch) > 1 and not isinstance(error, _AWAY):
                for event in batch:
                    self._record([event])
                return
            for event in batch:
                event.error = error
            return
        for event, answer in zip(batch, answers, strict=True):
            event.answer = answer
