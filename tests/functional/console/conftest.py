"""The platform's fixtures (tests/functional/platform/conftest.py), and somebody who is signed in to the console."""

import importlib.util
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
import uvicorn
from starlette.testclient import TestClient

from landwaiter.platform.api.app import create_app
from landwaiter.platform.auth.users import add_user


def _platform_fixtures() -> ModuleType:
    path = Path(__file__).parents[1] / "platform" / "conftest.py"
    spec = importlib.util.spec_from_file_location("console_platform_fixtures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOUSE = _platform_fixtures()
postgres, database_url, settings, platform = HOUSE.postgres, HOUSE.database_url, HOUSE.settings, HOUSE.platform
make_token, connect, sensor = HOUSE.make_token, HOUSE.connect, HOUSE.sensor
sample, advisories = HOUSE.sample, HOUSE.advisories

USER, PASSWORD = "ada", "correct horse battery"


@pytest.fixture(scope="session")
def template(postgres: Any, worker_id: str) -> str:
    """The name of a migrated database to copy, of this folder alone."""
    name = f"template_console_{worker_id}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    with HOUSE.Database(postgres.url(name), Path()) as database:
        HOUSE.migrate(database.engine)
    return name


@pytest.fixture
def house() -> ModuleType:
    """The makers of facts: SampleImage, python_layer, debian_layer, digest, OSV."""
    return HOUSE


@pytest.fixture
def visitor(connect: Callable[..., TestClient], platform: Any) -> TestClient:
    """A browser before the sign-in; the user exists."""
    with platform.database.begin() as session:
        add_user(session, USER, PASSWORD)
    client = connect()
    client.follow_redirects = False
    return client


@pytest.fixture
def browser(visitor: TestClient) -> TestClient:
    """A browser with a session."""
    answer = visitor.post("/sign-in", data={"name": USER, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return visitor


@pytest.fixture
def address(settings: Any, platform: Any) -> Iterator[str]:
    """The address of a server that a real browser can reach; its user exists."""
    with platform.database.begin() as session:
        add_user(session, USER, PASSWORD)
    server = uvicorn.Server(uvicorn.Config(create_app(settings, platform), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)
