import pytest

from landwaiter.versions import InvalidVersionError, compare


def test_ascending() -> None:
    ascending = [
        "0.9",
        "1.0.a.2",
        "1.0.a.10",
        "1.0.b1",
        "1.0.pre.1",
        "1.0.rc1",
        "1",
        "1.0.0.1",
        "1.0.1",
        "1.9",
        "1.10.beta",
        "1.10",
    ]
    for i, older in enumerate(ascending):
        for newer in ascending[i + 1 :]:
            assert compare("gem", older, newer) == -1, (older, newer)


@pytest.mark.parametrize(
    ("a", "b"),
    [("1", "1.0"), ("1.0.a2", "1.0.a.2"), ("1.a", "1.0.a"), ("1.0-1", "1.0.pre.1"), ("1.a", "1.a.0"), ("01", "1")],
)
def test_equal(a: str, b: str) -> None:
    assert compare("gem", a, b) == 0


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1.a.b", "1.a.0.b"), ("1.a.0.b", "1.a"), ("1.a", "1.a.0.1"), ("1.a.0.1", "1.a.1"), ("1.A", "1.a")],
)
def test_missing_segments_are_zeros(older: str, newer: str) -> None:
    assert compare("gem", older, newer) == -1
    assert compare("gem", newer, older) == 1


def test_a_word_right_after_the_first_number_is_a_pre_release() -> None:
    assert compare("gem", "1beta", "1") == -1
    assert compare("gem", "1beta", "1gamma") == -1


@pytest.mark.parametrize("version", ["junk", "1..2", "1.0_1", "1.0 2"])
def test_refused(version: str) -> None:
    with pytest.raises(InvalidVersionError):
        compare("gem", version, "1")
