"""The worker: takes jobs off the queue and does them, beside the server or in a process of its own.

Together with `queue` and `schema` the only module that names the queue's library, procrastinate.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import procrastinate
import psycopg
from procrastinate import PsycopgConnector, RetryStrategy
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from landwaiter.platform.context import Platform
from landwaiter.platform.findings import jobs as findings
from landwaiter.platform.jobs import housekeeping
from landwaiter.platform.jobs.names import ASSESS_IMAGE, CLEAN_UP, HOUSEKEEPING, REASSESS
from landwaiter.platform.jobs.queue import QUEUE
from landwaiter.platform.store.base import now
from landwaiter.platform.store.failures import DATABASE_FAILURES

_LOG = logging.getLogger(__name__)
_PAUSE = 5.0
_GRACE = 10.0
_AWAY = (procrastinate.exceptions.ConnectorException, psycopg.Error, PoolTimeout, *DATABASE_FAILURES)
_RETRY = RetryStrategy(max_attempts=8, wait=5, exponential_wait=3)


class Worker:
    """Works on the queue until it is stopped; a database that goes away for a while does not end it."""

    def __init__(self, platform: Platform, dsn: str) -> None:
        """Take the platform whose jobs these are, and its database's connection string."""
        self._platform = platform
        self._dsn = dsn
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.create_task(self._run(), name="worker")

    async def stop(self) -> None:
        """Let running jobs finish for a few seconds, then end. What is left undone stays on the queue."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._connected()
            except _AWAY as error:
                _LOG.error("the worker's database fails (%s); it begins again in %.0f s", _told(error), _PAUSE)
            except Exception:  # noqa: BLE001 - whatever it is, work must not stand still for it
                _LOG.exception("the worker failed, and begins again in %.0f s", _PAUSE)
            await asyncio.sleep(_PAUSE)

    async def _connected(self) -> None:
        """Work with a pool of connections of our own: it is closed even where we are stopped while it opens."""
        check = AsyncConnectionPool.check_connection
        pool = AsyncConnectionPool(self._dsn, min_size=1, max_size=4, timeout=10, open=False, check=check)
        async with pool:
            app = _application(self._platform)
            await app.open_async(pool)
            await self._work(app)

    async def _work(self, app: procrastinate.App) -> None:
        await asyncio.to_thread(housekeeping.recover, self._platform)
        await take_up_stalled(app)
        await app.run_worker_async(
            queues=[QUEUE],
            install_signal_handlers=False,
            delete_jobs="successful",
            shutdown_graceful_timeout=_GRACE,
            fetch_job_polling_interval=10.0,
        )


def _told(error: Exception) -> str:
    """Return what the database said, in one line."""
    return " ".join(str(error.__cause__ or error).split())[:200]


async def take_up_stalled(app: procrastinate.App) -> None:
    """Put the jobs of workers that died in the middle back on the queue."""
    for job in await app.job_manager.get_stalled_jobs():
        _LOG.info("job %s was left undone by a worker that died; it is taken up again", job.task_name)
        await app.job_manager.retry_job(job, now())


def _application(platform: Platform) -> procrastinate.App:
    app = procrastinate.App(connector=PsycopgConnector())

    def add(name: str, work: Callable[..., object]) -> None:
        app.task(name=name, queue=QUEUE, retry=_RETRY)(work)

    def assess(image_id: int) -> None:
        platform.assess(image_id)

    async def tidy(timestamp: int) -> None:
        del timestamp
        await asyncio.to_thread(housekeeping.recover, platform)
        await take_up_stalled(app)

    async def clean(timestamp: int) -> None:
        del timestamp
        await asyncio.to_thread(housekeeping.warn_of_certificate, platform)
        await asyncio.to_thread(housekeeping.clean_up, platform)
        await app.job_manager.delete_old_jobs(nb_hours=72, include_failed=True)

    add(ASSESS_IMAGE, assess)
    add(REASSESS, lambda: findings.reassess(platform))
    app.periodic(cron="* * * * *")(app.task(name=HOUSEKEEPING, queue=QUEUE, queueing_lock=HOUSEKEEPING)(tidy))
    app.periodic(cron="17 * * * *")(app.task(name=CLEAN_UP, queue=QUEUE, queueing_lock=CLEAN_UP)(clean))
    return app
