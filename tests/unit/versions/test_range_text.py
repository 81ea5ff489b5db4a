import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.versions import InvalidVersionError
from landwaiter.versions.range_text import comparison, range_text
from landwaiter.versions.ranges import Event, Range, affects

TWO = (
    Range("SEMVER", (Event(introduced="0"), Event(fixed="1.2.0"), Event(introduced="2.0.0"), Event(fixed="2.1.0"))),
    Range("GIT", (Event(introduced="0"), Event(fixed="abc"))),
    Range("ECOSYSTEM", (Event(introduced="3.0.0"), Event(last_affected="3.5.0"))),
)


def test_every_stretch_is_named_once() -> None:
    assert range_text("npm", (*TWO, TWO[0])) == ">=0, <1.2.0 or >=2.0.0, <2.1.0 or >=3.0.0, <=3.5.0"
    assert range_text("npm", ()) == ""


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.0.0", "1.0.0 < 1.2.0"),
        ("1.2.0", "1.2.0 >= 1.2.0 (fixed) and 1.2.0 < 2.0.0 (introduced)"),
        ("2.0.1", "2.0.0 <= 2.0.1 < 2.1.0"),
        ("3.5.0", "3.0.0 <= 3.5.0 <= 3.5.0"),
        ("3.5.1", "3.5.1 > 3.5.0 (last affected)"),
    ],
)
def test_the_ends_that_lie_nearest(version: str, words: str) -> None:
    assert comparison("npm", version, TWO) == words


def test_ranges_without_ends() -> None:
    assert comparison("npm", "7.0.0", (Range("SEMVER", (Event(introduced="0"),)),)) == "every version, so 7.0.0 too"
    assert comparison("npm", "7.0.0", (Range("SEMVER", (Event(introduced="2.0.0"),)),)) == "2.0.0 <= 7.0.0"
    assert comparison("npm", "7.0.0", ()) == ""


def test_what_cannot_be_read() -> None:
    with pytest.raises(InvalidVersionError):
        comparison("npm", "latest", TWO)
    assert comparison("npm", "1.0.0", (Range("SEMVER", (Event(introduced="0"), Event(fixed="soon"))),)) != ""


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), st.integers(0, 6)), max_size=6),
    st.integers(0, 7),
)
def test_it_agrees_with_the_evaluation(events: list[tuple[str, int]], version: int) -> None:
    of = (Range("SEMVER", tuple(Event(**{kind: f"{number}.0.0"}) for kind, number in events)),)
    words = comparison("npm", f"{version}.0.0", of)
    outside = "(fixed)" in words or "(introduced)" in words or "(last affected)" in words or not words
    assert outside == (affects("npm", f"{version}.0.0", of) is None)
