import pytest

from landwaiter.versions import compare


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0~rc1", "1.0"),
        ("1.0~rc1", "1.0~rc1^git1"),
        ("1.0", "1.0^git1"),
        ("1.0^git1~pre", "1.0^git1"),
        ("1.0^20240101", "1.0.1"),
        ("1.0a", "1.0.1"),
        ("1.0a", "1.0aa"),
        ("6.0", "6.0.rc1"),
        ("9:0.1-9", "10:0.1-1"),
        ("5.14.0-70.el9", "5.14.0-162.el9"),
        ("1.0", "1.0-0"),
        ("1.0-1.ael7b", "1.0-1.el7"),
        ("2.4.21-9.EL", "2.4.21-9.0.1.EL"),
        ("1.1.é", "1.1.a"),
        ("1-2-3", "1-2.1-1"),
    ],
)
def test_older(older: str, newer: str) -> None:
    assert compare("rpm", older, newer) == -1
    assert compare("rpm", newer, older) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1.0", "0:1.0"),
        ("2_0", "2.0"),
        ("a+", "a_"),
        ("10.0001", "10.1"),
        ("01:1", "1:1"),
        (":1", "0:1"),
        ("1-1.", "1-1"),
        ("a:1", "a.1"),
        ("1.1.é", "1.1.ö"),
    ],
)
def test_equal(a: str, b: str) -> None:
    assert compare("rpm", a, b) == 0
