import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from landwaiter.versions import compare

ASCENDING = [
    "1.0.dev1",
    "1.0a1.dev1",
    "1.0a1",
    "1.0b2",
    "1.0rc1",
    "1.0",
    "1.0+abc",
    "1.0+abc.5",
    "1.0+1",
    "1.0.post1.dev2",
    "1.0.post1",
    "1.1.dev0",
    "1!0.1",
]
pieces = st.lists(
    st.sampled_from(["0", "1", "10", ".", "a", "b1", "rc", ".post", ".dev2", "-", "+", "x", "!", "v", "_"]),
    min_size=1,
    max_size=7,
).map("".join)


def test_ascending() -> None:
    for i, older in enumerate(ASCENDING):
        for newer in ASCENDING[i + 1 :]:
            assert compare("pypi", older, newer) == -1, (older, newer)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1.0", "1.0.0"),
        ("v1.0", "1.0"),
        ("1.0-1", "1.0.post1"),
        ("1.0ALPHA", "1.0a0"),
        ("1.0+A_B", "1.0+a.b"),
        ("1.0.0-rc.1", "1.0rc1"),
    ],
)
def test_equal(a: str, b: str) -> None:
    assert compare("pypi", a, b) == 0


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("0.1-bulbasaur", "0.9-ivysaur"),
        ("0.9-ivysaur", "0.0.1"),
        ("2004d-unknown", "2005a-unknown"),
        ("final-version", "0.0.dev0"),
        ("1.0-pre-x", "1.0-x"),
    ],
)
def test_legacy_versions_stand_below(older: str, newer: str) -> None:
    assert compare("pypi", older, newer) == -1


@settings(max_examples=500, deadline=None)
@given(a=pieces, b=pieces)
def test_as_packaging_says(a: str, b: str) -> None:
    try:
        left, right = Version(a), Version(b)
    except InvalidVersion:
        return
    assert compare("pypi", a, b) == (left > right) - (left < right)
