"""A sandbox for the tests of this folder, and a deployment in it."""

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landwaiter.aws.deploy import Deployment, DeployOptions
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.sandbox import Sandbox

# Nobody listens there.
NOWHERE = "https://127.0.0.1:9"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("zips")


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox for tests that only look at the deployment, or make things of their own beside it."""
    with Sandbox.start(tmp_path_factory.mktemp("shared"), task_step=0.02, retry_delay=0.05) as started:
        yield started


@pytest.fixture
def fresh_box(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox of the test's own, as the runbook's names exist only once in an account."""
    with Sandbox.start(tmp_path / "fresh", task_step=0.02, retry_delay=0.05) as started:
        yield started


@pytest.fixture
def unique() -> str:
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture(scope="session")
def make_deployment(cache: Path, authority: Authority) -> Callable[..., Deployment]:
    def make(box: Sandbox, **more: Any) -> Deployment:
        given = {"platform_url": NOWHERE, "platform_token": "lw_test", "root_ca": authority.pem, **more}
        return Deployment(box.client, DeployOptions(cache=cache, poll=0.05, **given))

    return make


@pytest.fixture(scope="session")
def deployed(box: Sandbox, make_deployment: Callable[..., Deployment]) -> Deployment:
    deployment = make_deployment(box)
    for step in deployment.steps():
        step.run()
    return deployment


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Call until the result is true or time is up; the last result."""

    def wait(look: Callable[[], Any], seconds: float = 30.0) -> Any:
        deadline = time.monotonic() + seconds
        result = look()
        while not result and time.monotonic() < deadline:
            time.sleep(0.05)
            result = look()
        return result

    return wait
