import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.versions import InvalidVersionError, UnknownSchemeError, compare
from landwaiter.versions.ranges import Event, Range, RangeMatch, affects, evaluate, uncovered


def ecosystem(*events: Event) -> Range:
    return Range("ECOSYSTEM", events)


def introduced(version: str) -> Event:
    return Event(introduced=version)


def fixed(version: str) -> Event:
    return Event(fixed=version)


def last(version: str) -> Event:
    return Event(last_affected=version)


TWO_BRANCHES = ecosystem(introduced("0"), fixed("1.2.3"), introduced("2.0"), fixed("2.1"))


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.0.0-0", RangeMatch(">=0, <1.2.3", ("1.2.3",))),
        ("1.2.2", RangeMatch(">=0, <1.2.3", ("1.2.3",))),
        ("1.2.3", None),
        ("1.9", None),
        ("2.0-rc.1", None),
        ("2.0", RangeMatch(">=2.0, <2.1", ("2.1",))),
        ("2.1", None),
        ("3", None),
    ],
)
def test_several_pairs_in_one_range(version: str, expected: RangeMatch | None) -> None:
    assert affects("npm", version, [TWO_BRANCHES]) == expected


def test_events_may_stand_in_any_order() -> None:
    shuffled = Range("SEMVER", tuple(reversed(TWO_BRANCHES.events)))
    for version in ("0.1", "1.2.3", "1.5", "2.0.5", "2.1", "9"):
        assert affects("npm", version, [shuffled]) == affects("npm", version, [TWO_BRANCHES])


def test_a_range_that_never_closes() -> None:
    assert affects("deb", "99:1", [ecosystem(introduced("0"))]) == RangeMatch(">=0")
    assert affects("deb", "1.0-1", [ecosystem(introduced("1.0-2"))]) is None
    assert affects("deb", "1.0-2", [ecosystem(introduced("1.0-2"))]) == RangeMatch(">=1.0-2")


def test_last_affected_is_affected_itself() -> None:
    of = ecosystem(introduced("1.0"), last("1.5"))
    assert affects("pypi", "1.5.0", [of]) == RangeMatch(">=1.0, <=1.5")
    assert affects("pypi", "1.5.0.post1", [of]) is None


def test_limits() -> None:
    of = ecosystem(introduced("0"), Event(limit="2.0"), Event(limit="1.0"))
    assert affects("npm", "1.5", [of]) == RangeMatch(">=0, <2.0")
    assert affects("npm", "2.0", [of]) is None
    assert affects("npm", "99", [ecosystem(introduced("0"), Event(limit="2.0"), Event(limit="*"))]) == RangeMatch(">=0")


def test_events_at_one_version() -> None:
    assert affects(
        "npm", "1.0.0", [ecosystem(introduced("0"), fixed("1.0"), introduced("1.0.0"), fixed("2.0"))]
    ) == RangeMatch(">=1.0.0, <2.0", ("2.0",))
    assert affects("npm", "1.0.0", [ecosystem(introduced("1.0"), fixed("1.0"))]) is None
    assert affects("npm", "5.0.0", [ecosystem(introduced("1.0"), fixed("1.0"))]) is None
    only = ecosystem(introduced("1.0"), last("1.0"))
    assert affects("npm", "1.0.0", [only]) == RangeMatch(">=1.0, <=1.0")
    assert affects("npm", "1.0.1", [only]) is None


def test_fixed_in_zero_is_never_affected() -> None:
    assert affects("apk", "1.0-r0", [ecosystem(introduced("0"), fixed("0"))]) is None


def test_an_end_without_a_beginning_says_nothing() -> None:
    assert affects("npm", "1.0.0", [ecosystem(fixed("2.0"))]) is None
    assert affects("npm", "1.0.0", [ecosystem()]) is None


def test_git_ranges_are_passed_over() -> None:
    assert (
        affects("npm", "1.0.0", [Range("GIT", (introduced("0"), fixed("6879efc2c1596d11a6a6ad296f80063b558d5e0f")))])
        is None
    )


def test_the_fixes_of_all_ranges_that_hold_it() -> None:
    match = affects(
        "golang", "1.5.0", [ecosystem(introduced("0"), fixed("1.10.0")), ecosystem(introduced("1.0"), fixed("1.9.0"))]
    )
    assert match == RangeMatch(">=0, <1.10.0", ("1.9.0", "1.10.0"))


def test_listed_versions_are_equal_by_the_scheme() -> None:
    assert affects("pypi", "1.0.0", [], ["0.9", "1.0"]) == RangeMatch("listed in versions")
    assert affects("pypi", "1.0.0RC1", [], ["1.0rc1"]) == RangeMatch("listed in versions")
    assert affects("pypi", "1.0.1", [], ["0.9", "1.0"]) is None
    assert affects("npm", "1.0.0", [], None) is None


def test_a_listed_version_has_the_next_fix_of_each_range() -> None:
    of = ecosystem(introduced("2.0"), fixed("2.5"), introduced("3.0"), fixed("3.5"))
    assert affects("npm", "1.0.0", [of], ["1.0.0"]) == RangeMatch("listed in versions", ("2.5",))


def test_what_cannot_be_read_does_not_break_the_rest() -> None:
    spoiled = ecosystem(introduced("0"), fixed("banana"), fixed("2.0"))
    result = evaluate("npm", "1.0.0", [spoiled, ecosystem(introduced("kiwi"))], ["apple"])
    assert result.match == RangeMatch(">=0, <2.0", ("2.0",))
    assert result.unreadable == ("banana", "kiwi")
    assert evaluate("npm", "3.0.0", [spoiled], ["apple", "3.0"]).match == RangeMatch("listed in versions")
    assert evaluate("npm", "3.0.0", [spoiled], ["apple"]).unreadable == ("banana", "apple")


def test_an_unreadable_end_makes_the_range_reach_further() -> None:
    assert affects("npm", "1.0.0", [ecosystem(introduced("0"), fixed("banana"))]) == RangeMatch(">=0")


def test_an_unreadable_version_of_the_package() -> None:
    assert affects("golang", "(devel)", [], ["(devel)"]) == RangeMatch("listed in versions")
    with pytest.raises(InvalidVersionError):
        affects("golang", "(devel)", [ecosystem(introduced("0"))])


def test_unknown_scheme() -> None:
    with pytest.raises(UnknownSchemeError):
        affects("npmx", "1", [])


def test_uncovered_keeps_what_no_range_holds() -> None:
    assert uncovered("npm", [TWO_BRANCHES], ["0.1.0", "1.2.3", "2.0.1", "banana"]) == ("1.2.3", "banana")


def test_ranges_are_read_from_records_as_they_are() -> None:
    text = b'{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0","new_field":1}],"database_specific":{"x":1}}'
    assert msgspec.json.decode(text, type=Range) == Range("SEMVER", (introduced("0"), fixed("1.0")))


numbers = st.integers(0, 9).map(lambda n: f"{n}.0.0")
events = st.lists(
    st.one_of(numbers.map(introduced), numbers.map(fixed), numbers.map(last), st.just(introduced("0"))), max_size=7
)


def by_the_schemas_algorithm(version: str, of: list[Event]) -> bool:
    """The schema's pseudo code; events at one version are taken in the order given by their kind."""
    rank = {"introduced": 0, "fixed": 1, "last_affected": 2}
    walk = sorted(
        ((v, rank[kind], kind) for e in of for kind in rank if (v := getattr(e, kind)) is not None),
        key=lambda point: (int(point[0].split(".")[0]) if point[0] != "0" else -1, point[1]),
    )
    vulnerable = False
    for value, _, kind in walk:
        if kind == "introduced" and (value == "0" or compare("semver", version, value) >= 0):
            vulnerable = True
        elif (kind == "fixed" and compare("semver", version, value) >= 0) or (
            kind == "last_affected" and compare("semver", version, value) > 0
        ):
            vulnerable = False
    return vulnerable


@settings(max_examples=300, deadline=None)
@given(of=events, version=numbers)
def test_as_the_schemas_algorithm_says(of: list[Event], version: str) -> None:
    kinds: dict[str, set[str]] = {}
    for event in of:
        for kind in ("introduced", "fixed", "last_affected"):
            if (value := getattr(event, kind)) not in (None, "0"):
                kinds.setdefault(value, set()).add(kind)
    if any(len(found) > 1 for found in kinds.values()):
        return  # the schema does not order events at one version; test_events_at_one_version says what we do
    assert (affects("semver", version, [ecosystem(*of)]) is not None) == by_the_schemas_algorithm(version, of)
