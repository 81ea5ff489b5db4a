import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.advisories.listing import without_covered
from landwaiter.advisories.models import Affected
from landwaiter.versions.ranges import Event, Range, affects

_number = st.integers(0, 6).map(lambda n: f"1.{n}")
_event = st.one_of(
    (_number | st.just("0")).map(lambda v: Event(introduced=v)),
    _number.map(lambda v: Event(fixed=v)),
    _number.map(lambda v: Event(last_affected=v)),
    _number.map(lambda v: Event(limit=v)),
)
_ranges = st.lists(
    st.lists(_event, min_size=1, max_size=4).map(lambda e: Range("ECOSYSTEM", tuple(e))), min_size=1, max_size=2
)


@given(
    _ranges,
    st.lists(_number | st.just("odd version"), max_size=6, unique=True),
    st.sampled_from(["PyPI", "Maven", "npm"]),
)
@settings(max_examples=300)
def test_leaving_out_changes_no_answer(ranges: list[Range], versions: list[str], ecosystem: str) -> None:
    scheme = {"PyPI": "pypi", "Maven": "maven", "npm": "npm"}[ecosystem]
    before = Affected(ecosystem, "p", tuple(ranges), tuple(versions))
    after = without_covered(before)
    for installed in [f"1.{n}" for n in range(7)]:
        was = affects(scheme, installed, before.ranges, before.versions)
        now = affects(scheme, installed, after.ranges, after.versions)
        assert (was is None) == (now is None)


@pytest.mark.parametrize(
    ("versions", "kept"),
    [(("1.0", "1.5"), ()), (("1.0", "2.0", "9.9"), ("2.0", "9.9")), (("1.0", "odd version"), ("odd version",))],
)
def test_what_is_kept(versions: tuple[str, ...], kept: tuple[str, ...]) -> None:
    ranges = (Range("SEMVER", (Event(introduced="0"), Event(fixed="2.0"))),)
    assert without_covered(Affected("npm", "p", ranges, versions)).versions == kept


def test_without_ranges_all_is_kept() -> None:
    assert without_covered(Affected("PyPI", "p", (), ("1.0",))).versions == ("1.0",)
