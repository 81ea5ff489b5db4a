import json
from typing import Any

import pytest

from landwaiter.advisories.feeds import alpine_secdb
from landwaiter.advisories.models import Advisory, Quarantined


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CVE-2021-30473", {"CVE-2021-30473": ()}),
        ("CVE-2016-9815 CVE-2016-9816 XSA-201", {"CVE-2016-9815": ("XSA-201",), "CVE-2016-9816": ("XSA-201",)}),
        ("CVE-2017-2616 (+ regression fix)", {"CVE-2017-2616": ()}),
        ("CVE_2019-2426", {"CVE-2019-2426": ()}),
        ("CVE-2017-17434-1", {"CVE-2017-17434": ()}),
        ("CVE-2021-35940.patch", {"CVE-2021-35940": ()}),
        ("XSA-248", {"XSA-248": ()}),
        ("GHSA-abcd-efgh-ijkl", {"GHSA-ABCD-EFGH-IJKL": ()}),
        ("ALPINE-13661", {"ALPINE-13661": ()}),
        ("GNUTLS-SA-2020-06-03", {"GNUTLS-SA-2020-06-03": ()}),
        ("CVE-46838", {}),
        ("", {}),
    ],
)
def test_identifiers(text: str, found: dict[str, tuple[str, ...]]) -> None:
    assert alpine_secdb.identifiers(text) == found


def test_one_advisory_speaks_of_every_release(feeds: Any) -> None:
    feeds.secdb("v3.18", {"busybox": {"1.36.1-r1": ["CVE-2024-0003"]}})
    feeds.secdb("edge", {"busybox": {"1.36.1-r9": ["CVE-2024-0003"], "0": ["CVE-2024-0004"]}}, "community")
    facts = {fact.id: fact for fact in alpine_secdb.read(feeds.folder) if isinstance(fact, Advisory)}
    assert [(a.ecosystem, a.ranges[0].events[1].fixed) for a in facts["CVE-2024-0003"].affected] == [
        ("Alpine:edge", "1.36.1-r9"),
        ("Alpine:v3.18", "1.36.1-r1"),
    ]
    assert facts["CVE-2024-0004"].affected[0].status == "not_affected"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("v3.18/main.json", "{"),
        ("v3.18/main.json", json.dumps({"distroversion": "v3.17", "packages": []})),
        ("3.18/main.json", json.dumps({"packages": []})),
    ],
)
def test_files_that_lie(feeds: Any, name: str, content: str) -> None:
    feeds.file(f"alpine-secdb/{name}", content)
    (fact,) = alpine_secdb.read(feeds.folder)
    assert isinstance(fact, Quarantined)
    assert fact.record == name


def test_odd_entries_do_not_spoil_the_rest(feeds: Any) -> None:
    packages = [
        {"pkg": {"name": "a", "secfixes": None}},
        {"pkg": {"name": "b", "secfixes": {"1": None, "2": ["nonsense", "CVE-2024-0001"]}}},
    ]
    feeds.file("alpine-secdb/v3.18/main.json", json.dumps({"packages": packages}))
    facts = list(alpine_secdb.read(feeds.folder))
    assert [fact.id for fact in facts if isinstance(fact, Advisory)] == ["CVE-2024-0001"]
    assert [fact.record for fact in facts if isinstance(fact, Quarantined)] == ["v3.18/main.json:b"]
