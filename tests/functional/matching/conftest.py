"""The bundle of all real feeds that lie beside the project, built once for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from landwaiter.advisories.build import build_bundle
from landwaiter.advisories.bundle import Bundle, open_bundle

DATA = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture(scope="session")
def data() -> Path:
    if not (DATA / "advisories").is_dir():
        pytest.skip("the real advisory data are not beside the project (../shared/data)")
    return DATA


@pytest.fixture(scope="session")
def bundle(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    out = tmp_path_factory.mktemp("bundle") / "bundle"
    build_bundle(data / "advisories", out)
    with open_bundle(out) as opened:
        yield opened
