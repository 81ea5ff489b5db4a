import pytest

from landwaiter.versions import compare


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0.0", "1.0.0.1-alpha"),
        ("1.0.0.1-alpha", "1.0.0.1-pre"),
        ("1.0.0-BETA", "1.0.0-beta2"),
        ("1.0.0-beta+x", "1.0.0+a"),
        ("1.0.0-beta.9", "1.0.0-beta.10"),
        ("1.0.0-1", "1.0.0-a"),
        ("1.0.0-beta.7", "1.0.0-beta.20231212123456"),
        ("1.999.9999", "2.1.1"),
    ],
)
def test_older(older: str, newer: str) -> None:
    assert compare("nuget", older, newer) == -1
    assert compare("nuget", newer, older) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [("1.0", "1.0.0.0"), ("1.0.01", "1.0.1.0"), ("1.0.0-BETA.X", "1.0.0-beta.x"), ("1.0.0+a", "1.0.0+b"), ("1", "1.0")],
)
def test_equal(a: str, b: str) -> None:
    assert compare("nuget", a, b) == 0
