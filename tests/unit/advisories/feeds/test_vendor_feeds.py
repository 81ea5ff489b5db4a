"""Amazon, Oracle, Photon, Arch, Wolfi and SUSE's binaries."""

import bz2
import gzip
import json
from typing import Any

import pytest

from landwaiter.advisories.feeds import amazon, apk_secdb, arch, oracle, osv, photon
from landwaiter.advisories.models import Advisory, Quarantined

UPDATE = """<?xml version="1.0"?>
<updates>
  <update author="a" status="final" type="security"><id>ALAS2-2024-1</id>
    <title>Amazon Linux 2 2017.12 - ALAS2-2024-1: important priority package update for kernel</title>
    <updated date="2024-01-16 01:28"/><severity>important</severity>
    <references><reference id="CVE-2024-0001" type="cve"/><reference id="RHSA-1" type="redhat"/></references>
    <pkglist><collection>
      <package arch="x86_64" epoch="0" name="kernel" release="38.amzn2" version="4.9.76"/>
      <package arch="aarch64" epoch="0" name="kernel" release="38.amzn2" version="4.9.76"/>
      <package arch="x86_64" epoch="2" name="vim" release="1" version="8"/>
      <package arch="x86_64" epoch="x" name="odd" release="1" version="8"/>
    </collection></pkglist></update>
  <update><id>ALAS2-2024-2</id><pkglist/></update>
  <update><id>no id!</id></update>
</updates>"""


def advisories(facts: Any) -> list[Advisory]:
    return [fact for fact in facts if isinstance(fact, Advisory)]


def refused(facts: Any) -> list[str]:
    return [fact.record for fact in facts if isinstance(fact, Quarantined)]


def fix(affected: Any) -> str | None:
    return affected.ranges[0].events[-1].fixed if affected.ranges else None


def test_amazon(feeds: Any) -> None:
    feeds.file("amazon/updateinfo_2_kernel-5.15.xml.gz", gzip.compress(UPDATE.encode(), mtime=0))
    facts = list(amazon.read(feeds.folder))
    (found,) = advisories(facts)
    assert (found.id, found.upstream, found.modified) == ("ALAS2-2024-1", ("CVE-2024-0001",), "2024-01-16T01:28:00Z")
    assert found.summary == "important priority package update for kernel"
    assert found.url == "https://alas.aws.amazon.com/AL2/ALAS2-2024-1.html"
    assert [(a.ecosystem, a.package, fix(a), a.severity, a.repository) for a in found.affected] == [
        ("Amazon Linux:2", "kernel", "4.9.76-38.amzn2", "high", "kernel-5.15"),
        ("Amazon Linux:2", "vim", "2:8-1", "high", "kernel-5.15"),
    ]
    assert refused(facts) == ["ALAS2-2024-2", "no id!"]


BOMB = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><updates><update><id>&b;</id></update></updates>"""


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip",
        gzip.compress(UPDATE.encode())[:-20],
        gzip.compress(b"<updates><update>", mtime=0),
        gzip.compress(BOMB.encode(), mtime=0),
        gzip.compress(b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><updates/>', mtime=0),
    ],
)
def test_amazon_documents_that_are_none(feeds: Any, content: bytes) -> None:
    feeds.file("amazon/updateinfo_2023.xml.gz", content)
    assert refused(amazon.read(feeds.folder))[-1] == "updateinfo_2023.xml.gz"


def test_what_was_read_before_the_break_is_kept(feeds: Any) -> None:
    broken = UPDATE.replace("<update><id>ALAS2-2024-2", "<update></broken><id>")
    feeds.file("amazon/updateinfo_2023.xml.gz", gzip.compress(broken.encode(), mtime=0))
    facts = list(amazon.read(feeds.folder))
    assert [found.id for found in advisories(facts)] == ["ALAS2-2024-1"]
    assert refused(facts) == ["updateinfo_2023.xml.gz"]


def test_a_large_document_is_stopped(feeds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from landwaiter.advisories.feeds import xml_stream

    monkeypatch.setattr(xml_stream.elements, "__defaults__", (5000,))
    feeds.file("amazon/updateinfo_2023.xml.gz", gzip.compress(b"<updates>" + b"<x/>" * 10_000, mtime=0))
    (fact,) = amazon.read(feeds.folder)
    assert isinstance(fact, Quarantined)
    assert "too large" in fact.reason


OVAL = """<?xml version="1.0"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"><definitions>
<definition class="patch"><metadata><title>ELSA-2024-1234: nodejs:18 security update (IMPORTANT)</title>
<reference source="elsa" ref_id="ELSA-2024-1234"/><reference source="CVE" ref_id="CVE-2024-0002"/>
<advisory><severity>IMPORTANT</severity><issued date="2024-02-01"/><cve href="x">CVE-2024-0001</cve></advisory></metadata>
<criteria operator="AND"><criterion comment="Oracle Linux 8 is installed"/>
<criterion comment="Module nodejs:18 is enabled"/><criteria operator="OR">
<criterion comment="nodejs is earlier than 1:18.2-1.module+el8.9.0+1+a"/><criterion comment="nodejs is signed with the key"/>
<criterion comment="nodejs is earlier than 1:18.2-1.module+el8.9.0+1+a"/></criteria></criteria></definition>
<definition class="patch"><metadata><title>Something else</title></metadata></definition>
<definition class="patch"><metadata><title>ELSA-2024-2: nothing</title></metadata></definition>
</definitions></oval_definitions>"""


def test_oracle(feeds: Any) -> None:
    feeds.file("oracle/com.oracle.elsa-all.xml.bz2", bz2.compress(OVAL.encode()))
    facts = list(oracle.read(feeds.folder))
    (found,) = advisories(facts)
    assert (found.id, found.upstream) == ("ELSA-2024-1234", ("CVE-2024-0001", "CVE-2024-0002"))
    assert (found.modified, found.summary) == ("2024-02-01T00:00:00Z", "nodejs:18 security update (IMPORTANT)")
    (affected,) = found.affected
    assert (affected.ecosystem, affected.package, fix(affected)) == (
        "Oracle Linux:8",
        "nodejs",
        "1:18.2-1.module+el8.9.0+1+a",
    )
    assert (affected.severity, affected.streams) == ("high", ("nodejs:18",))
    assert refused(facts) == ["Something else", "ELSA-2024-2"]


def test_oracle_broken(feeds: Any) -> None:
    feeds.file("oracle/a.xml.bz2", b"no bzip2")
    feeds.file("oracle/b.xml.bz2", bz2.compress(BOMB.encode()))
    assert refused(oracle.read(feeds.folder)) == ["a.xml.bz2", "b.xml.bz2"]


def test_photon(feeds: Any) -> None:
    rows = [
        {
            "cve_id": "CVE-2024-0001",
            "pkg": "openssl",
            "cve_score": 9.8,
            "aff_ver": "all versions before 3.0-2.ph5 are vulnerable",
            "res_ver": "3.0-2.ph5",
        },
        {
            "cve_id": "CVE-2024-0002",
            "pkg": "openssl",
            "cve_score": 5.0,
            "aff_ver": "all versions are vulnerable",
            "res_ver": "NA",
        },
        {"cve_id": "CVE-2024-0003", "pkg": "openssl", "aff_ver": "None", "res_ver": "NA"},
        {"cve_id": "nonsense", "pkg": "x"},
        7,
    ]
    feeds.file("photon/cve_data_photon5.0.json", json.dumps(rows))
    feeds.file("photon/cve_data_photon4.0.json", "{")
    facts = list(photon.read(feeds.folder))
    found = [
        (a.id, a.affected[0].ecosystem, a.affected[0].severity, fix(a.affected[0]), a.affected[0].status)
        for a in advisories(facts)
    ]
    assert found == [
        ("CVE-2024-0001", "Photon OS:5.0", "critical", "3.0-2.ph5", "affected"),
        ("CVE-2024-0002", "Photon OS:5.0", "medium", None, "affected"),
        ("CVE-2024-0003", "Photon OS:5.0", "", None, "not_affected"),
    ]
    assert refused(facts) == [
        "cve_data_photon4.0.json",
        "cve_data_photon5.0.json row 4",
        "cve_data_photon5.0.json row 5",
    ]


def test_arch(feeds: Any) -> None:
    base = {"packages": ["openssl"], "severity": "High", "issues": ["CVE-2024-0001"], "advisories": ["ASA-202401-1"]}
    groups = [
        base | {"name": "AVG-1", "status": "Fixed", "fixed": "3.0-2"},
        base | {"name": "AVG-2", "status": "Vulnerable", "fixed": None},
        base | {"name": "AVG-3", "status": "Not affected"},
        base | {"name": "AVG-4", "packages": []},
        "odd",
    ]
    feeds.file("arch/all.json", json.dumps(groups))
    facts = list(arch.read(feeds.folder))
    assert [(a.id, fix(a.affected[0]), a.affected[0].status) for a in advisories(facts)] == [
        ("AVG-1", "3.0-2", "affected"),
        ("AVG-2", None, "affected"),
        ("AVG-3", None, "not_affected"),
    ]
    assert refused(facts) == ["group 4", "group 5"]
    feeds.file("arch/all.json", "{}")
    assert refused(arch.read(feeds.folder)) == ["all.json"]


def test_wolfi(feeds: Any) -> None:
    packages = [
        {"pkg": {"name": "openssl", "secfixes": {"3.1-r1": ["CVE-2024-0001"], "0": ["CVE-2024-0002"], "1": ["odd"]}}}
    ]
    feeds.file("wolfi-secdb/security.json", json.dumps({"packages": packages}))
    feeds.file("chainguard-secdb/security.json", "{")
    facts = list(apk_secdb.read_wolfi(feeds.folder))
    assert [(a.id, a.affected[0].ecosystem, a.affected[0].status) for a in advisories(facts)] == [
        ("CVE-2024-0001", "Wolfi", "affected"),
        ("CVE-2024-0002", "Wolfi", "not_affected"),
    ]
    assert refused(facts) == ["openssl"]
    assert refused(apk_secdb.read_chainguard(feeds.folder)) == ["security.json"]


def test_what_needs_a_decision_is_not_bundled(feeds: Any, record: Any) -> None:
    feeds.file(
        "wolfi-secdb/security.json",
        json.dumps({"packages": [{"pkg": {"name": "a", "secfixes": {"1-r1": ["CVE-2024-0001"]}}}]}),
    )
    feeds.osv("Wolfi", record("CGA-1", "Wolfi", "a", fixed="1"))
    with feeds.build() as bundle:
        assert bundle.info.advisories == 0
    with feeds.build(opt_in=("wolfi-secdb", "osv-optional")) as bundle:
        assert bundle.info.advisories == 2


def test_suse_names_its_binaries(feeds: Any, record: Any) -> None:
    it = record(
        "SUSE-SU-2024:1-1", "SUSE:Linux Enterprise Server 15 SP4", "bind", fixed="9.16-2", related=["CVE-2024-0001"]
    )
    it["affected"][0]["ecosystem_specific"] = {"binaries": [{"bind-utils": "9.16-2", "libbind9": "9.16-2"}, "odd"]}
    feeds.osv("SUSE", it)
    (found,) = advisories(osv.read(feeds.folder))
    assert found.affected[0].binaries == ("bind-utils", "libbind9")
