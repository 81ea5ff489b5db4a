from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landwaiter.inventory.models import OsRelease
from landwaiter.matching.match import Matcher, match
from landwaiter.matching.rematch import rematch, touched
from landwaiter.matching.vex import Product, Statement

DEBIAN = OsRelease("debian", "12")


def epss(**scores: float) -> dict[str, Any]:
    rows = "".join(f"CVE-2024-{cve.removeprefix('c')},{score},0.5\n" for cve, score in scores.items())
    return {"epss/epss_scores-x.csv": f"#score_date:2024-01-01\ncve,epss,percentile\n{rows}"}


@pytest.fixture
def pair(bundle: Any, record: Any) -> Any:
    stable = [record("GHSA-s", "npm", "same", "2.0.0", aliases=["CVE-2024-0009"])]
    old = bundle(
        *stable,
        record("GHSA-1", "npm", "changes", "2.0.0", aliases=["CVE-2024-0001"]),
        record("GHSA-2", "npm", "goes", "2.0.0", aliases=["CVE-2024-0002"]),
        files=epss(c0001=0.1, c0009=0.1),
        name="old",
    )
    new = bundle(
        *stable,
        record("GHSA-1", "npm", "changes", "3.0.0", aliases=["CVE-2024-0001"]),
        record("GHSA-3", "npm", "comes", "2.0.0", aliases=["CVE-2024-0003"]),
        record("DSA-1-1", "Debian:12", "x", "2.0", upstream=["CVE-2024-0004"]),
        files=epss(c0001=0.1, c0009=0.9),
        name="new",
    )
    return old, new


def test_what_is_touched(pair: Any, package: Any) -> None:
    difference = touched(*pair)
    assert difference.packages == {("npm", "changes"), ("npm", "goes"), ("npm", "comes"), ("Debian:12", "x")}
    assert difference.vulnerabilities == {"CVE-2024-0009"}
    assert difference.ecosystems == {"Debian:12"}
    assert difference.concerns(package("npm", "comes", "1.0.0"), None)
    assert not difference.concerns(package("npm", "same", "1.0.0"), None)
    system = Matcher(pair[1]).distribution(DEBIAN)
    assert difference.concerns(package("deb", "untouched", "1.0"), system), "the whole release came into being"


def test_equal_bundles_touch_nothing(pair: Any) -> None:
    difference = touched(pair[0], pair[0])
    assert (difference.packages, difference.vulnerabilities, difference.ecosystems) == (set(), set(), set())


_names = st.lists(st.sampled_from(["same", "changes", "goes", "comes", "other"]), unique=True)


@given(st.tuples(_names, st.sampled_from(["1.0.0", "2.5.0", "4.0.0", "odd one"]), st.booleans()))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rematching_gives_what_matching_afresh_gives(
    pair: Any, inventory: Any, package: Any, case: tuple[list[str], str, bool]
) -> None:
    names, version, debian = case
    old, new = pair
    packages = [package("npm", name, version) for name in names] + [package("deb", "x", "1.0")] * debian
    image = inventory(*packages, os=DEBIAN if debian else None)
    vex = (Statement("v", ("CVE-2024-0003",), (Product("pkg:npm/comes"),), "not_affected"),)
    again = rematch(image, match(image, old, vex=vex), Matcher(new), touched(old, new), vex=vex)
    assert again == match(image, new, vex=vex)


def test_a_release_that_vanishes_takes_its_findings_along(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    old = bundle(record("DSA-1-1", "Debian:12", "x", "2.0"), record("GHSA-1", "npm", "y", "1"), name="old")
    new = bundle(record("GHSA-1", "npm", "y", "1"), name="new")
    image = inventory(package("deb", "x", "1.0"), os=DEBIAN)
    before = match(image, old)
    assert len(before.findings) == 1
    assert rematch(image, before, Matcher(new), touched(old, new)) == match(image, new)
