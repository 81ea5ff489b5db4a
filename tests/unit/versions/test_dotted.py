import pytest

from landwaiter.versions import InvalidVersionError, compare


@pytest.mark.parametrize("scheme", ["cran", "hackage"])
def test_ascending(scheme: str) -> None:
    ascending = ["0.1", "0.1.0", "0.1.0.0", "0.1-2", "0.9", "0.75", "1.0-0", "1.0.1"]
    for i, older in enumerate(ascending):
        for newer in ascending[i + 1 :]:
            assert compare(scheme, older, newer) == -1, (older, newer)


def test_a_hyphen_is_a_dot_and_leading_zeros_are_none() -> None:
    assert compare("cran", "0.01.0", "0.1-0") == 0


@pytest.mark.parametrize("version", ["1.0a", "1..0", "abc", "1.0."])
def test_refused(version: str) -> None:
    with pytest.raises(InvalidVersionError):
        compare("cran", version, "1.0")
