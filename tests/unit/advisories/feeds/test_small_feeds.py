"""KEV, EPSS and the ends of life."""

import gzip
import json
from typing import Any

from landwaiter.advisories.feeds import epss, kev, lifecycle
from landwaiter.advisories.models import FeedDate, KnownExploited, Probability, Quarantined, Release, SupportEnded


def test_kev(feeds: Any) -> None:
    feeds.kev("CVE-2024-0001", "nonsense")
    date, row, bad = kev.read(feeds.folder)
    assert date == FeedDate("kev", "2024-04-01T00:00:00Z")
    assert row == KnownExploited("CVE-2024-0001", "2024-01-02", "", ransomware=True)
    assert isinstance(bad, Quarantined)


def test_kev_rows_of_another_shape(feeds: Any) -> None:
    rows = [7, {"cveID": None}, {"cveID": "CVE-2024-0001", "vulnerabilityName": "X\nY"}]
    feeds.file("kev/known_exploited_vulnerabilities.json", json.dumps({"vulnerabilities": rows}))
    facts = list(kev.read(feeds.folder))
    assert [fact.title for fact in facts if isinstance(fact, KnownExploited)] == ["X Y"]
    assert [fact.record for fact in facts if isinstance(fact, Quarantined)] == ["row 1", "row 2"]


def test_kev_broken_or_absent(feeds: Any) -> None:
    assert list(kev.read(feeds.folder)) == []
    feeds.file("kev/known_exploited_vulnerabilities.json", "[]")
    (fact,) = kev.read(feeds.folder)
    assert isinstance(fact, Quarantined)


def test_epss_takes_the_newest_scores(feeds: Any) -> None:
    feeds.epss({"CVE-2024-0001": 0.9}, "2024-04-03")
    feeds.epss({"CVE-2024-0001": 0.1}, "2024-04-02")
    assert list(epss.read(feeds.folder)) == [
        FeedDate("epss", "2024-04-03T00:00:00Z"),
        Probability("CVE-2024-0001", 0.9, 0.5),
    ]


def test_epss_rows_that_lie(feeds: Any) -> None:
    text = "#model_version:v1,score_date:2024-04-02T00:00:00+0000\ncve,epss,percentile\nCVE-2024-0001,2.0,0.5\nCVE-2024-0002,nan,0.1\nx,0.1,0.1\nCVE-2024-0003,0.1\n"
    feeds.file("epss/epss_scores-2024-04-02.csv.gz", gzip.compress(text.encode()))
    facts = list(epss.read(feeds.folder))
    assert [fact.record for fact in facts if isinstance(fact, Quarantined)] == ["line 3", "line 4", "line 5", "line 6"]


def test_epss_files_that_are_none(feeds: Any) -> None:
    feeds.file("epss/epss_scores-a.csv.gz", b"no gzip")
    feeds.file("epss/epss_scores-b.csv", "cve,epss,percentile\n")
    assert [fact.record for fact in epss.read(feeds.folder) if isinstance(fact, Quarantined)] == [
        "epss_scores-a.csv.gz",
        "epss_scores-b.csv",
    ]


def test_releases(feeds: Any) -> None:
    feeds.file(
        "debian/debian.csv",
        "version,codename,series,created,release,eol,eol-lts\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-06-10,2028-06-30\n,Sid,sid,1993-08-16\n",
    )
    feeds.file(
        "debian/ubuntu.csv",
        "version,codename,series,created,release,eol,eol-server,eol-esm\n22.04 LTS,Jammy,jammy,a,2022-04-21,b,,2032-04-09\n",
    )
    assert list(lifecycle.read(feeds.folder)) == [
        Release("debian", "12", "bookworm", "2023-06-10", "2026-06-10", "2028-06-30"),
        Release("ubuntu", "22.04", "jammy", "2022-04-21", "", "2032-04-09"),
    ]


def test_support_lists(feeds: Any) -> None:
    feeds.file("debian/security-support-ended.deb11", "# comment\n\nxen  4.14  2024-09-30  See the notes\n")
    feeds.file("debian/security-support-limited", "binutils   Only for trusted input\n")
    assert list(lifecycle.read(feeds.folder)) == [
        SupportEnded("debian", "11", "xen", "ended", "4.14 2024-09-30 See the notes"),
        SupportEnded("debian", "", "binutils", "limited", "Only for trusted input"),
    ]
