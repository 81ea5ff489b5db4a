import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.advisories.feeds import osv
from landwaiter.advisories.models import Advisory, Fact, Quarantined


def parse(record: dict[str, Any], ecosystem: str = "PyPI") -> Fact:
    (fact,) = osv.parse(json.dumps(record).encode(), f"osv/{ecosystem}", ecosystem, "it.json")
    return fact


def advisory(record: dict[str, Any], ecosystem: str = "PyPI") -> Advisory:
    fact = parse(record, ecosystem)
    assert isinstance(fact, Advisory), fact
    return fact


def refusal(record: dict[str, Any], ecosystem: str = "PyPI") -> Quarantined:
    fact = parse(record, ecosystem)
    assert isinstance(fact, Quarantined), fact
    return fact


def test_a_record(record: Any) -> None:
    found = advisory(
        record(
            "GHSA-1",
            "PyPI",
            "Some.Thing",
            fixed="2.0",
            summary="A flaw",
            aliases=["CVE-2024-0001"],
            severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}],
            database_specific={"severity": "MODERATE"},
            unknown_field={"a": 1},
            schema_version="1.9.9",
        )
    )
    assert (found.feed, found.id, found.modified) == ("osv/PyPI", "GHSA-1", "2024-03-01T00:00:00Z")
    assert (found.summary, found.severity, found.vectors) == ("A flaw", "medium", ("CVSS:3.1/AV:N",))
    assert found.url == "https://osv.dev/vulnerability/GHSA-1"
    assert [(a.ecosystem, a.package) for a in found.affected] == [("PyPI", "some-thing")]


def test_lists_may_be_null(record: Any) -> None:
    it = record("GHSA-1", "PyPI", "x", fixed="1", aliases=None, severity=None, references=None)
    it["affected"][0] |= {"versions": None, "severity": None, "ecosystem_specific": None}
    assert advisory(it).affected[0].versions == ()


def test_only_versions(record: Any) -> None:
    it = record("MAL-1", "PyPI", "x")
    it["affected"][0] = {"package": {"ecosystem": "PyPI", "name": "x"}, "versions": ["1.0", "bad\nversion"]}
    assert advisory(it).affected[0].versions == ("1.0",)


def test_withdrawn_records_have_no_packages(record: Any) -> None:
    found = advisory(record("GHSA-1", "PyPI", "x", withdrawn="2024-01-01T00:00:00Z"))
    assert found.withdrawn
    assert found.affected == ()


def test_git_ranges_and_entries_without_package_are_passed_over(record: Any) -> None:
    it = record("GHSA-1", "PyPI", "x", fixed="1")
    it["affected"][0]["ranges"].append(
        {"type": "GIT", "repo": "https://example.org/x", "events": [{"introduced": "0"}]}
    )
    it["affected"].append(
        {"ranges": [{"type": "GIT", "repo": "https://example.org/x", "events": [{"introduced": "0"}]}]}
    )
    found = advisory(it)
    assert len(found.affected) == 1
    assert [item.type for item in found.affected[0].ranges] == ["ECOSYSTEM"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"affected": []}, "names no package"),
        ({"affected": None}, "names no package"),
        ({"id": "../../etc/passwd"}, "not an identifier"),
        ({"affected": [{"package": {"ecosystem": "npm", "name": "x"}, "versions": ["1"]}]}, "speaks of 'npm'"),
        ({"affected": [{"package": {"ecosystem": "PyPI", "name": ""}, "versions": ["1"]}]}, "none of its packages"),
        ({"affected": [{"package": {"ecosystem": "PyPI", "name": "x"}}]}, "none of its packages"),
        ({"modified": "yesterday"}, "not valid"),
        ({"affected": "everything"}, "not valid"),
        ({"id": "ALSA-2024:1"}, "none of its packages"),
    ],
)
def test_records_that_lie(record: Any, change: dict[str, Any], why: str) -> None:
    found = refusal(record("GHSA-1", "PyPI", "x", fixed="1") | change)
    assert why in found.reason
    assert not found.kept


def test_a_range_that_never_opens_holds_nothing(record: Any) -> None:
    it = record("GHSA-1", "PyPI", "x")
    it["affected"][0]["ranges"][0]["events"] = [{"fixed": "2.0"}]
    assert "none of its packages" in refusal(it).reason


@pytest.mark.parametrize("ecosystem", ["Alpine", "Debian", "Debian:", "AlmaLinux"])
def test_a_distribution_needs_its_release(record: Any, ecosystem: str) -> None:
    it = record("CVE-2024-0001", ecosystem, "openssl", fixed="1")
    assert "none of its packages" in refusal(it, ecosystem.partition(":")[0]).reason


def test_a_record_that_claims_what_is_not_its_own(record: Any) -> None:
    it = record("ALSA-2024:1", "AlmaLinux:9", "bash", fixed="1")
    it["affected"] += record("X", "Debian:12", "bash", fixed="1")["affected"]
    found, note = osv.parse(json.dumps(it).encode(), "osv/AlmaLinux", "AlmaLinux", "it.json")
    assert isinstance(found, Advisory)
    assert [a.ecosystem for a in found.affected] == ["AlmaLinux:9"]
    assert isinstance(note, Quarantined)
    assert (note.kept, note.reason) == (True, "it may not speak of 'Debian': that part is left out")


def test_several_ecosystems_in_one_record(record: Any) -> None:
    it = record("GHSA-1", "Maven", "g:a", fixed="1")
    it["affected"] += record("GHSA-1", "npm", "a", fixed="2")["affected"]
    assert [a.ecosystem for a in advisory(it, "npm").affected] == ["Maven", "npm"]


@pytest.mark.parametrize(
    ("specific", "severity", "status"),
    [
        ({"urgency": "unimportant"}, "negligible", "affected"),
        ({"urgency": "end-of-life"}, "", "end_of_life"),
        ({"ubuntu_priority": "high"}, "high", "affected"),
        ({"urgency": ["odd"]}, "", "affected"),
    ],
)
def test_vendors_words(record: Any, specific: dict[str, Any], severity: str, status: str) -> None:
    it = record("CVE-2024-0001", "Debian:12", "x", fixed="1")
    it["affected"][0]["ecosystem_specific"] = specific
    found = advisory(it, "Debian").affected[0]
    assert (found.severity, found.status) == (severity, status)


def test_ubuntu_priority_is_a_severity_of_the_record(record: Any) -> None:
    it = record("UBUNTU-CVE-2024-0001", "Ubuntu:22.04:LTS", "x", severity=[{"type": "Ubuntu", "score": "low"}])
    assert advisory(it, "Ubuntu").affected[0].severity == "low"


def test_notices_of_rustsec_are_negligible(record: Any) -> None:
    it = record("RUSTSEC-2024-0001", "crates.io", "x")
    it["affected"][0]["database_specific"] = {"informational": "unmaintained"}
    assert advisory(it, "crates.io").affected[0].severity == "negligible"


@pytest.mark.parametrize(
    ("summary", "streams"),
    [
        ("Important: nodejs:18 security update", ("nodejs:18",)),
        ("Moderate: virt:rhel and virt-devel:rhel security update", ("virt-devel:rhel", "virt:rhel")),
        ("Moderate: container-tools security update", ()),
    ],
)
def test_module_streams_stand_in_the_title(record: Any, summary: str, streams: tuple[str, ...]) -> None:
    it = record("ALSA-2024:1", "AlmaLinux:8", "x", fixed="1:2-3.module_el8.6.0+1+abc", summary=summary)
    assert advisory(it, "AlmaLinux").affected[0].streams == streams
    plain = record("ALSA-2024:1", "AlmaLinux:8", "x", fixed="1:2-3.el8", summary=summary)
    assert advisory(plain, "AlmaLinux").affected[0].streams == ()


def test_broken_zips(feeds: Any, record: Any) -> None:
    feeds.osv("npm", record("GHSA-1", "npm", "x", fixed="1"), b"{broken", b'{"id": "GHSA-2", "summary": "\xff"}')
    feeds.file("osv/Go/all.zip", b"PK\x03\x04 not really")
    whole = feeds.osv("PyPI", record("GHSA-3", "PyPI", "y", fixed="1")).read_bytes()
    feeds.file("osv/PyPI/all.zip", whole[: len(whole) // 2])
    facts = list(osv.read(feeds.folder))
    assert [f.id for f in facts if isinstance(f, Advisory)] == ["GHSA-1"]
    assert {(f.feed, f.record) for f in facts if isinstance(f, Quarantined)} == {
        ("osv/npm", "1.json"),
        ("osv/npm", "2.json"),
        ("osv/Go", "all.zip"),
        ("osv/PyPI", "all.zip"),
    }


def test_a_bomb_is_left_out(feeds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landwaiter.advisories.feeds.archives.MEMBER_LIMIT", 1000)
    feeds.osv("npm", b" " * 100_000)
    (fact,) = osv.read(feeds.folder)
    assert isinstance(fact, Quarantined)
    assert "larger than" in fact.reason


def test_nothing_there(tmp_path: Path) -> None:
    assert list(osv.read(tmp_path)) == []


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "affected", "package", "name", "ecosystem", "ranges", "events"]), inner, max_size=5
        )
    ),
    max_leaves=15,
)


@given(_json)
@settings(max_examples=150)
def test_any_json_is_answered(value: Any) -> None:
    (fact,) = osv.parse(json.dumps(value).encode(), "osv/PyPI", "PyPI", "it.json")
    assert isinstance(fact, Advisory | Quarantined)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_bytes_are_answered(content: bytes) -> None:
    (fact,) = osv.parse(content, "osv/PyPI", "PyPI", "it.json")
    assert isinstance(fact, Quarantined)


def test_deep_nesting_is_refused() -> None:
    (fact,) = osv.parse(b'{"id":' + b"[" * 200_000, "osv/PyPI", "PyPI", "it.json")
    assert isinstance(fact, Quarantined)
