import pytest

from landwaiter.versions import InvalidVersionError, compare


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("v0.0.0-20190101000000-abcdefabcdef", "v0.0.0-20240101000000-000000000000"),
        ("v1.2.3-0.20240101000000-abcdefabcdef", "v1.2.3"),
        ("v1.2.2", "v1.2.3-0.20240101000000-abcdefabcdef"),
        ("1.21.0-0", "go1.21rc2"),
        ("1.21.0-rc.2", "1.21rc3"),
        ("go1.22beta1", "go1.22rc1"),
        ("go1.21rc9", "go1.21rc10"),
        ("1.21rc2", "go1.21"),
        ("go1.21", "go1.21.1"),
        ("1.20.12", "go1.21.5 X:boringcrypto"),
    ],
)
def test_older(older: str, newer: str) -> None:
    assert compare("golang", older, newer) == -1
    assert compare("golang", newer, older) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("v2.0.0+incompatible", "2.0.0"),
        ("v1.2", "v1.2.0"),
        ("go1.21", "1.21.0"),
        ("1.21rc2", "1.21.0-rc.2"),
        ("go1.22.5-vendor", "1.22.5"),
        ("go1.21.3 X:strictfipsruntime", "1.21.3"),
    ],
)
def test_equal(a: str, b: str) -> None:
    assert compare("golang", a, b) == 0


@pytest.mark.parametrize("version", ["(devel)", "devel go1.24-abcdef", "go", "master"])
def test_refused(version: str) -> None:
    with pytest.raises(InvalidVersionError):
        compare("golang", version, "v1.0.0")
