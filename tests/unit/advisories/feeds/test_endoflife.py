import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landwaiter.advisories.feeds.endoflife import PRODUCTS, read
from landwaiter.advisories.models import Quarantined, Release
from landwaiter.advisories.sources import SOURCES


def written(folder: Path, product: str, content: object) -> Path:
    path = folder / "endoflife" / f"{product}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_dates(tmp_path: Path) -> None:
    rows = [
        {"cycle": "3.18", "releaseDate": "2023-05-09", "eol": "2025-05-09", "latest": "3.18.12", "lts": False},
        {"cycle": "9", "releaseDate": "2022-05-17", "eol": "2032-05-31", "extendedSupport": "2035-05-31"},
        {"cycle": "edge", "eol": False},
    ]
    assert list(read(written(tmp_path, "alpine-linux", rows))) == [
        Release("alpine", "3.18", "", "2023-05-09", "2025-05-09", ""),
        Release("alpine", "9", "", "2022-05-17", "2032-05-31", "2035-05-31"),
        Release("alpine", "edge", "", "", "", ""),
    ]


def test_one_product_may_be_two_distributions(tmp_path: Path) -> None:
    facts = list(read(written(tmp_path, "sles", [{"cycle": "15.5", "eol": "2024-12-31"}])))
    assert [(fact.distribution, fact.end) for fact in facts if isinstance(fact, Release)] == [
        ("sles", "2024-12-31"),
        ("sled", "2024-12-31"),
    ]


@pytest.mark.parametrize("row", [7, {}, {"cycle": "\u202e"}, {"cycle": "9", "eol": 5}, {"cycle": ["9"]}])
def test_a_bad_row_does_not_spoil_the_others(tmp_path: Path, row: object) -> None:
    bad, good = read(written(tmp_path, "rhel", [row, {"cycle": "8", "eol": "tomorrow"}]))
    assert isinstance(bad, Quarantined)
    assert bad.record == "rhel.json row 1"
    assert good == Release("rhel", "8", "")


@pytest.mark.parametrize("content", ["", "{}", "[", '{"message": "not found"}'])
def test_what_is_no_table(tmp_path: Path, content: str) -> None:
    (fact,) = read(written(tmp_path, "rhel", content))
    assert isinstance(fact, Quarantined)
    assert fact.record == "rhel.json"


def test_nothing_there(tmp_path: Path) -> None:
    assert list(read(tmp_path)) == []


def test_what_is_read_is_fetched() -> None:
    (source,) = (source for source in SOURCES if source.name == "endoflife")
    assert [file.path for file in source.files] == [f"{product}.json" for product in PRODUCTS]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["cycle", "eol", "releaseDate", "extendedSupport", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_json)
def test_any_json_is_answered(tmp_path: Path, content: object) -> None:
    for fact in read(written(tmp_path, "rhel", content)):
        assert isinstance(fact, (Release, Quarantined))
