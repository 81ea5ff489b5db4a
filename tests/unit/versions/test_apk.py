import pytest

from landwaiter.versions import InvalidVersionError, compare
from landwaiter.versions.ranges import Event, Range, evaluate


@pytest.mark.parametrize(
    "ascending",
    [
        [
            "1.0_alpha",
            "1.0_alpha2",
            "1.0_beta",
            "1.0_pre",
            "1.0_rc1",
            "1.0",
            "1.0-r1",
            "1.0~ab1",
            "1.0_cvs",
            "1.0_svn",
            "1.0_git20240101",
            "1.0_hg",
            "1.0_p",
            "1.0_p1",
            "1.0_p10",
            "1.0a",
            "1.0.1",
        ],
        ["8.2.0", "8.2.001", "8.2.0015", "8.2.002", "8.2.1", "8.2.15"],
        ["9.9-r99", "013", "014-r1"],
        ["1.0_alpha_pre2", "1.0_alpha", "1.0_alpha_p1"],
        ["1.1.1a-r0", "1.1.1b-r0", "1.1.1b-r10"],
        ["1.0~1234-r0", "1.0~1234-r1", "1.0~2345-r0"],
        ["3.0_pre20191002222144-r0", "3.0_pre20210530193627-r0"],
    ],
)
def test_ascending(ascending: list[str]) -> None:
    for i, older in enumerate(ascending):
        for newer in ascending[i + 1 :]:
            assert compare("apk", older, newer) == -1, (older, newer)
            assert compare("apk", newer, older) == 1


def test_what_its_grammar_refuses_is_compared_as_far_as_apk_reads_it() -> None:
    assert compare("apk", "1.0", "1.0bc") == -1
    assert compare("apk", "23_foo", "4_beta") == 1
    assert compare("apk", "1-r2", "1-r-1") == 1
    assert compare("apk", "1-ruff2", "1-ruff1") == 0


def test_a_v_in_front_as_in_some_entries_of_secdb_is_passed_over() -> None:
    assert compare("apk", "v1.1.4", "1.1.4") == 0
    assert compare("apk", "1.1.3-r5", "v1.1.4") == -1


def test_what_cannot_be_read_sorts_below_an_end_and_above_a_pre_release() -> None:
    assert compare("apk", "1-ruff", "1") == -1
    assert compare("apk", "1.2_blah", "1.2_cvs1") == -1
    assert compare("apk", "1_rc1", "1-ruff") == -1
    assert compare("apk", "1.2.0A", "1.2.0d") == -1
    assert compare("apk", "0..1..0", "0..1..1") == -1


def test_numbers_after_the_letter_count() -> None:
    assert compare("apk", "6.6.4p1-r0", "6.6.4p1-r1") == -1
    assert compare("apk", "6.6.4p1-r3", "6.6.4p2-r0") == -1
    assert compare("apk", "6.6.4p", "6.6.4p1") == -1


@pytest.mark.parametrize("version", ["latest", ".1", "-r1", "_pre1", "vv1"])
def test_what_does_not_start_with_a_number_sorts_below_all_versions(version: str) -> None:
    assert compare("apk", version, "0") == -1
    assert compare("apk", version, version) == 0


@pytest.mark.parametrize("version", ["", " ", "1\0"])
def test_refused(version: str) -> None:
    with pytest.raises(InvalidVersionError):
        compare("apk", version, "1")


def test_a_fix_that_is_no_version_leaves_the_range_open_and_is_named():
    found = evaluate("apk", "1.2-r0", (Range("ECOSYSTEM", (Event(introduced="0"), Event(fixed="latest"))),))
    assert found.match is not None
    assert (found.match.text, found.unreadable) == (">=0", ("latest",))


def test_an_installed_version_that_is_none_is_refused():
    with pytest.raises(InvalidVersionError):
        evaluate("apk", "latest", (Range("ECOSYSTEM", (Event(introduced="0"), Event(fixed="1.0-r0"))),))
