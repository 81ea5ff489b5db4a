import pytest

from landwaiter.versions import InvalidVersionError, compare


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.5.0-1", "1.5.0-2"),
        ("1.5", "1.5.1"),
        ("1.0a", "1.0alpha"),
        ("1.0alpha", "1.0b"),
        ("1.0b", "1.0beta"),
        ("1.0rc", "1.0"),
        ("1.0", "1.0.a"),
        ("1.0.a", "1.0.1"),
        ("2.0a", "2.0.a"),
        ("9.9-9", "1:0.1-1"),
        ("1.0", "1.0."),
        ("1.0.", "1..0"),
        ("2_a", "2___a"),
        ("1.5b", "1.5"),
    ],
)
def test_older(older: str, newer: str) -> None:
    assert compare("alpm", older, newer) == -1
    assert compare("alpm", newer, older) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [("1.5-1", "1.5"), ("1.5-2", "1.5"), ("0:1.0", "1.0"), ("2.0_a", "2_0.a"), ("1.001", "1.1"), (":1", "1")],
)
def test_equal(a: str, b: str) -> None:
    assert compare("alpm", a, b) == 0


@pytest.mark.parametrize("version", ["1:", ":"])
def test_refused(version: str) -> None:
    with pytest.raises(InvalidVersionError):
        compare("alpm", version, "1")


def test_a_number_is_newer_than_letters_at_the_same_place() -> None:
    assert compare("alpm", "1.a", "1.1") == -1
    assert compare("alpm", "1.1.2", "1.1.b") == 1
