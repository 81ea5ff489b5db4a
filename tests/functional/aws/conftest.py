"""A sandbox for the tests of this folder, and a deployment in it."""

import functools
import importlib.util
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from landwaiter.aws.code import package
from landwaiter.aws.code.artifacts import ArtifactBucket
from landwaiter.aws.deployment.deploy import Deployment, DeployOptions
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


@pytest.fixture(scope="session")
def hand_built() -> ModuleType:
    """The module that follows the guide by hand (`hand_built.py`)."""
    spec = importlib.util.spec_from_file_location("hand_built", Path(__file__).with_name("hand_built.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hand_built"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def build_by_hand(hand_built: ModuleType, cache: Path) -> Callable[..., Any]:
    """Build the guide's stack in a sandbox: `build_by_hand(box, attached=True, platform_url=…)`, see `hand_built.py`."""
    trigger, job = functools.cache(package.trigger_zip), functools.cache(lambda: package.job_zip(cache))

    def build(box: Sandbox, **more: Any) -> Any:
        bucket = ArtifactBucket(box.client)
        bucket.ensure()
        bucket.upload([job()])
        given = {"trigger_zip": trigger().content, "source": (bucket.name, job().key), "job_sha256": job().sums_sha256}
        return hand_built.build_by_hand(box.client, python_version=job().python_version, **given, **more)

    return build
