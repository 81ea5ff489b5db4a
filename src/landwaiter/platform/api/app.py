"""The application: sensor API, read API and console on one platform."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from sqlalchemy import text
from starlette.exceptions import HTTPException

import landwaiter
from landwaiter.errors import LandwaiterError
from landwaiter.platform.api import admin, errors, health, read, sensor
from landwaiter.platform.api.access import Admissions, PlatformHere
from landwaiter.platform.api.answers import SCHEMAS
from landwaiter.platform.api.middleware import Envelope
from landwaiter.platform.console.app import create_console
from landwaiter.platform.context import Platform, platform_of
from landwaiter.platform.jobs.worker import Worker
from landwaiter.platform.settings import Settings
from landwaiter.platform.store.database import Database
from landwaiter.platform.store.migrate import migrate

_LOG = logging.getLogger(__name__)
_WATCH_SECONDS = 3.0
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def create_app(settings: Settings, platform: Platform | None = None) -> FastAPI:
    """Return the application for `settings`.

    Its database is opened and migrated when it starts (ASGI lifespan), and closed when it stops; one that is open
    already (`platform`) is used as it is and left open.
    """
    app = FastAPI(
        title="Landwaiter",
        version=landwaiter.__version__,
        description="What runs on AWS Fargate, what is in it, what is wrong with it.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(settings, platform),
    )
    app.state.proxies = settings.proxies()
    app.state.admissions = Admissions(settings.admission_seconds)
    app.include_router(sensor.hot)
    app.include_router(sensor.router)
    app.include_router(read.router)
    app.include_router(admin.router)
    app.include_router(health.router)
    app.add_api_route("/healthz", alive, methods=["GET"], include_in_schema=False)
    app.add_api_route("/api/{path:path}", nothing_here, methods=list(_METHODS), include_in_schema=False)
    errors.install(app)
    app.mount("/", create_console(app.state), name="console")
    app.add_middleware(Envelope, secure=settings.secure)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign] # the documented way to extend the document
    return app


def nothing_here(path: str) -> Response:
    """Answer what the API does not have: in the API's form, not with a page of the console."""
    raise HTTPException(404, path)


def alive(platform: PlatformHere) -> Response:
    """Tell a load balancer whether this replica can serve: its database answers."""
    with platform.database.begin() as session:
        session.execute(text("SELECT 1"))
    return Response(b'{"status":"ok"}', media_type="application/json")


def _lifespan(settings: Settings, given: Platform | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        platform = given or platform_of(settings)
        if given is None:
            await asyncio.to_thread(platform.database.open)
        try:
            await asyncio.to_thread(migrate, platform.database.engine)
            app.state.platform = platform
            async with _working(platform, settings):
                yield
        finally:
            if given is None:
                await asyncio.to_thread(platform.database.close)

    return lifespan


@asynccontextmanager
async def _working(platform: Platform, settings: Settings) -> AsyncIterator[None]:
    """Run the worker beside the server, unless the settings say otherwise, and keep the embedded database alive."""
    worker = Worker(platform, platform.database.dsn)
    if settings.worker:
        worker.start()
    watch = asyncio.create_task(_watch(platform.database), name="watch")
    try:
        yield
    finally:
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch
        await worker.stop()


async def _watch(database: Database) -> None:
    """Look every few seconds whether the embedded database has gone, and start it again."""
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        try:
            await asyncio.to_thread(database.revive)
        except (LandwaiterError, OSError) as error:
            _LOG.error("the database cannot be started again: %s", error)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {}).update(SCHEMAS)
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"token": []}]
        app.openapi_schema = schema
    return app.openapi_schema
