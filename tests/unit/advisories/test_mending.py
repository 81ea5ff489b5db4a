import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from landwaiter.advisories.mending import mend
from landwaiter.versions.ranges import Event, Range, affects


@pytest.mark.parametrize(
    ("written", "meant"),
    [("2.6.0-NA", "2.6.0"), ("2.6.0-cu124", "2.6.0"), ("0.2.0-alpha\\.33", "0.2.0-alpha"), ("garbage", "garbage")],
)
def test_versions_made_from_cpes(written: str, meant: str) -> None:
    ranges = (Range("ECOSYSTEM", (Event(introduced="0"), Event(last_affected=written), Event(limit="*"))),)
    (mended,), odd = mend("PyPI", ranges)
    assert mended.events == (Event(introduced="0"), Event(last_affected=meant), Event(limit="*"))
    assert odd == (written,)


def test_a_mended_range_is_not_empty() -> None:
    ranges = (Range("ECOSYSTEM", (Event(introduced="0"), Event(last_affected="2.6.0-NA"))),)
    mended, _ = mend("PyPI", ranges)
    assert affects("pypi", "1.9.0", mended) is not None
    assert affects("pypi", "2.6.1", mended) is None


def test_other_ecosystems_and_good_versions_stay() -> None:
    odd = (Range("SEMVER", (Event(introduced="0"), Event(fixed="1.0-NA"))),)
    assert mend("npm", odd) == (odd, ())
    good = (Range("ECOSYSTEM", (Event(introduced="1.0rc1"), Event(fixed=" v2.0.post1 "))),)
    assert mend("PyPI", good) == (good, ())


@given(st.text(max_size=20) | st.from_regex(r"[0-9.]{1,6}[-.a-z0-9]{0,8}", fullmatch=True))
@settings(max_examples=200)
def test_what_pep440_reads_is_never_changed(text: str) -> None:
    ranges = (Range("ECOSYSTEM", (Event(fixed=text),)),)
    mended, odd = mend("PyPI", ranges)
    try:
        Version(text)
    except InvalidVersion:
        return
    assert (mended, odd) == (ranges, ())
