import pytest

from landwaiter.versions import InvalidVersionError, compare


def test_ascending() -> None:
    ascending = [
        "0.4",
        "0.4.1.rc",
        "0.4.1",
        "0.5a1",
        "0.5b3",
        "0.5",
        "0.9.6",
        "0.960923",
        "1.0",
        "1.1dev1",
        "1.1a1",
        "1.1.0dev1",
        "1.1.a1",
        "1.1.0rc1",
        "1.1.0",
        "1.1.0post1",
        "1.1post1",
        "1996.07.12",
        "1!0.4.1",
    ]
    for i, older in enumerate(ascending):
        for newer in ascending[i + 1 :]:
            assert compare("conda", older, newer) <= 0, (older, newer)


@pytest.mark.parametrize(
    ("a", "b"),
    [("0.4", "0.4.0"), ("0.4.1.rc", "0.4.1.RC"), ("1.1.0post1", "1.1.post1"), ("1_0", "1.0"), ("0!1.0", "1.0")],
)
def test_equal(a: str, b: str) -> None:
    assert compare("conda", a, b) == 0


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.1dev1", "1.1a1"),
        ("1.1a1", "1.1.0"),
        ("1.1.0", "1.1.0post1"),
        ("1.0", "1.0+1"),
        ("1.0.1a", "1.0.1"),
        ("1.0.1_", "1.0.1a"),
        ("1.0.1a", "1.0.1b"),
        ("9.9", "1!0.1"),
    ],
)
def test_older(older: str, newer: str) -> None:
    assert compare("conda", older, newer) == -1


@pytest.mark.parametrize("version", ["1.0 beta", "1.0/2", "1,0"])
def test_refused(version: str) -> None:
    with pytest.raises(InvalidVersionError):
        compare("conda", version, "1.0")
