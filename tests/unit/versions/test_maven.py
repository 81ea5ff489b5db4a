import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.versions import InvalidVersionError, compare


@pytest.mark.parametrize(
    "ascending",
    [
        [
            "1-alpha2snapshot",
            "1-alpha2",
            "1-alpha-123",
            "1-beta-2",
            "1-m2",
            "1-m11",
            "1-rc",
            "1-cr2",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-sp2",
            "1-abc",
            "1-def",
            "1-1-snapshot",
            "1-1",
            "1-2",
        ],
        ["2.0", "2.0.a", "2-1", "2.0.2", "2.0.123", "2.1.0", "2.1-a", "2.1b", "2.1-c", "2.1-1", "2.1.0.1", "2.2"],
        ["11.a2", "11.b2", "11.m11", "11", "11.a", "11b"],
        ["1.0.X2", "1.0-X3", "1.0.1"],
        ["20190126.230843", "1234567890.12345", "123456789012345.1H.5-beta", "12345678901234567890.1H.5-beta"],
        ["6.1.0rc3", "6.1.0", "6.1H.5-beta"],
        ["31.0-jre", "31.0.1-jre", "31.1-android"],
        ["1-0.alpha", "1-0.beta", "1"],
        ["9.4.50.v20221201", "9.4.51.v20230217"],
        ["1", "1-ga1", "1-ga2"],
    ],
)
def test_ascending(ascending: list[str]) -> None:
    for i, older in enumerate(ascending):
        for newer in ascending[i + 1 :]:
            assert compare("maven", older, newer) == -1, (older, newer)
            assert compare("maven", newer, older) == 1, (older, newer)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1", "1.0.0"),
        ("1", "1-0"),
        ("1ga", "1"),
        ("1.Final", "1"),
        ("1RELEASE", "1"),
        ("1a", "1.0.0-a"),
        ("1x", "1.0-X"),
        ("1cr", "1rc"),
        ("1a1", "1-alpha-1"),
        ("1m3", "1-MileStone3"),
        ("1-foo", "1.0.0-foo.0.0"),
        ("0.0.0-0.0.0", "0-final-ga"),
        ("1.", "1-"),
        ("0" * 30 + "1", "1"),
    ],
)
def test_equal(a: str, b: str) -> None:
    assert compare("maven", a, b) == 0


def test_longer_than_maven_takes() -> None:
    with pytest.raises(InvalidVersionError):
        compare("maven", "1-" * 200, "1")


releases = st.lists(st.sampled_from(("0", "1", "2", "10")), min_size=1, max_size=4).map(".".join)
qualifiers = st.sampled_from(
    (
        "",
        "-rc1",
        "-rc-2",
        "rc3",
        ".rc.1",
        ".Final",
        ".GA",
        "-SNAPSHOT",
        ".SP1",
        ".CR2",
        "-jre",
        ".RELEASE",
        "-1",
        ".v2",
        "-M2",
        "b4",
    )
)
vendors = st.sampled_from(("", "", "-redhat-1", "-SNAPSHOT", "-b12", "-1"))
published = st.tuples(releases.map("1.".__add__), qualifiers, vendors).map("".join)


@settings(max_examples=500, deadline=None)
@given(st.tuples(published, published, published))
def test_versions_as_they_are_published_have_one_order(triple: tuple[str, str, str]) -> None:
    a, b, c = triple
    if compare("maven", a, b) <= 0 and compare("maven", b, c) <= 0:
        assert compare("maven", a, c) <= 0


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0.1-rc1", "1.0.1.Final-redhat-1"),
        ("1.0", "1.0.GA-1"),
        ("3.0.0-rc1", "3.0.0-rc.1"),
        ("7.4.0.GA", "7.4.0.GA-redhat-00002"),
    ],
)
def test_a_vendors_build_is_above_the_release_it_is_made_of(older: str, newer: str) -> None:
    assert compare("maven", older, newer) == -1
    assert compare("maven", newer, older) == 1
