import pytest

from landwaiter.versions import InvalidVersionError, compare


@pytest.mark.parametrize(
    "ascending",
    [
        ["3.0.0-dev", "3.0.0-alpha1", "3.0.0-beta1", "3.0.0-rc2", "3.0.0", "3.0.1"],
        ["1.1.1", "1.1.1k", "1.1.1w", "1.1.2"],
        ["9.6", "9.6p1", "9.7"],
        ["1.0b2", "1.0"],
        ["22.04", "22.10"],
    ],
)
def test_ascending(ascending: list[str]) -> None:
    for i, older in enumerate(ascending):
        for newer in ascending[i + 1 :]:
            assert compare("generic", older, newer) == -1, (older, newer)


@pytest.mark.parametrize(
    ("a", "b"), [("v1.0", "1.0.0"), ("1.0-RC1", "1.0.rc.1"), ("1.0+git", "1.0"), ("1.0.0-beta1", "1-b1")]
)
def test_equal(a: str, b: str) -> None:
    assert compare("generic", a, b) == 0


def test_refused() -> None:
    with pytest.raises(InvalidVersionError):
        compare("generic", "latest", "1")
