from typing import Any

import pytest

from landwaiter.advisories.feeds import debian_tracker
from landwaiter.advisories.models import Advisory, Affected, Quarantined


def one(feeds: Any, **state: Any) -> Affected:
    feeds.tracker({"openssl": {"CVE-2024-0001": {"description": "A flaw", "releases": {"bookworm": state}}}})
    (fact,) = debian_tracker.read(feeds.folder)
    assert isinstance(fact, Advisory)
    (affected,) = fact.affected
    return affected


@pytest.mark.parametrize(
    ("state", "status", "severity"),
    [
        ({"status": "resolved", "fixed_version": "3.0.1-1", "urgency": "medium"}, "affected", "medium"),
        ({"status": "resolved", "fixed_version": "0"}, "not_affected", ""),
        ({"status": "open", "urgency": "unimportant"}, "affected", "negligible"),
        ({"status": "open", "urgency": "end-of-life"}, "end_of_life", ""),
        ({"status": "open", "nodsa": "Minor issue", "nodsa_reason": ""}, "deferred", ""),
        ({"status": "open", "nodsa": "Minor issue", "nodsa_reason": "postponed"}, "deferred", ""),
        ({"status": "open", "nodsa": "Too intrusive", "nodsa_reason": "ignored"}, "will_not_fix", ""),
        ({"status": "open", "urgency": "not yet assigned"}, "affected", ""),
        ({"status": "undetermined"}, "under_investigation", ""),
    ],
)
def test_decisions(feeds: Any, state: dict[str, Any], status: str, severity: str) -> None:
    found = one(feeds, **state)
    assert (found.ecosystem, found.package) == ("Debian:12", "openssl")
    assert (found.status, found.severity) == (status, severity)


def test_an_open_one_has_no_fix(feeds: Any) -> None:
    found = one(feeds, status="open", nodsa="Minor issue")
    assert [event.fixed for item in found.ranges for event in item.events] == [None]
    assert found.note == "Minor issue"


def test_codenames_come_from_the_table_of_releases(feeds: Any) -> None:
    feeds.file("debian/debian.csv", "version,codename,series,created,release,eol\n77,Foo,foo,2030-01-01,,\n")
    feeds.tracker({"x": {"CVE-2024-0001": {"releases": {"foo": {"status": "open"}, "nonesuch": {"status": "open"}}}}})
    (fact,) = debian_tracker.read(feeds.folder)
    assert isinstance(fact, Advisory)
    assert [a.ecosystem for a in fact.affected] == ["Debian:77"]


def test_a_bad_source_does_not_spoil_the_others(feeds: Any) -> None:
    good = {"CVE-2024-0001": {"releases": {"bookworm": {"status": "open"}}}}
    empty = {"releases": []}
    feeds.tracker(
        {"worse": 7, "bad": {"CVE-2024-0002": []}, "odd": {"not an id!": {}}, "good": good | {"CVE-2024-0003": empty}}
    )
    facts = list(debian_tracker.read(feeds.folder))
    assert [fact.id for fact in facts if isinstance(fact, Advisory)] == ["CVE-2024-0001", "CVE-2024-0003"]
    assert [fact.record for fact in facts if isinstance(fact, Quarantined)] == [
        "worse",
        "bad/CVE-2024-0002",
        "odd/not an id!",
    ]


def test_broken_json(feeds: Any) -> None:
    feeds.file("debian-tracker/data.json", "{")
    (fact,) = debian_tracker.read(feeds.folder)
    assert isinstance(fact, Quarantined)
