import pytest

from landwaiter.versions import InvalidVersionError, compare


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0~rc1-1", "1.0-1"),
        ("1.0~~", "1.0~"),
        ("1.0", "1.0a"),
        ("1.0a", "1.0+"),
        ("1.0+b1", "1.0.1"),
        ("1.2.3-1~deb12u1", "1.2.3-1"),
        ("1.2.3-1", "1.2.3-1+deb12u1"),
        ("9.9", "1:0.1"),
        ("1.0-1", "1.0-1.1"),
        ("1.9", "1.10"),
        ("7.4.629-3", "7.4.629-3+deb8u1"),
        ("2.0-1-1", "2.0-1-2"),
        ("99", "v0.1"),
        ("1.0é", "1.0+"),
        ("1.0z", "1.0é"),
    ],
)
def test_older(older: str, newer: str) -> None:
    assert compare("deb", older, newer) == -1
    assert compare("deb", newer, older) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("0:1.0", "1.0"),
        ("1.0", "1.0-0"),
        ("1.0-00", "1.0-0"),
        ("1.0a", "1.0a0"),
        ("1.00", "1.0"),
        ("1.", "1.0"),
        (" 1.0 ", "1.0"),
        ("+1:2", "1:2"),
    ],
)
def test_equal(a: str, b: str) -> None:
    assert compare("deb", a, b) == 0


@pytest.mark.parametrize("version", ["a:1", "1:", "1.0-", "-1", "1 0", ":1", "-1:1", "99999999999:1", "1:-1"])
def test_refused_as_dpkg_refuses(version: str) -> None:
    with pytest.raises(InvalidVersionError):
        compare("deb", version, "1.0")
