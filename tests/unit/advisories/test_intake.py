from collections.abc import Iterator
from pathlib import Path

import pytest

from landwaiter.advisories.intake import Intake, merge
from landwaiter.advisories.models import Advisory, Affected, fixed_in

NOW = "2024-06-01T00:00:00Z"


def advisory(identifier: str, modified: str = "2024-01-01T00:00:00Z", fixed: str = "1", **fields: object) -> Advisory:
    ecosystem = str(fields.pop("ecosystem", "PyPI"))
    affected = (Affected(ecosystem, "p", fixed_in(fixed)),)
    return Advisory("osv/PyPI", identifier, modified, affected=affected, **fields)  # type: ignore[arg-type] # fields are given by name


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    opened = Intake(tmp_path / "scratch", NOW)
    yield opened
    opened.close()


def fixes(intake: Intake) -> dict[str, list[str | None]]:
    return {
        compiled.record.id: [event.fixed for a in compiled.affected for event in a.ranges[0].events if event.fixed]
        for compiled in intake.records()
    }


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_duplicate_ids_the_newest_wins(intake: Intake, newest_first: bool) -> None:
    pair = [advisory("X-1", "2024-02-01T00:00:00Z", "2"), advisory("X-1", "2024-01-01T00:00:00Z", "1")]
    for item in pair if newest_first else reversed(pair):
        intake.add(item)
    assert fixes(intake) == {"X-1": ["2"]}
    assert [note.record for note in intake.notes] == ["X-1"]
    assert all(note.kept for note in intake.notes)


def test_equally_new_duplicates_are_united(intake: Intake) -> None:
    intake.add(advisory("X-1", fixed="1"))
    intake.add(advisory("X-1", fixed="2"))
    assert fixes(intake) == {"X-1": ["1", "2"]}


def test_parts_of_other_releases_are_united() -> None:
    older = advisory("ALSA-1", "2024-01-01T00:00:00Z", "1.el8", ecosystem="AlmaLinux:8")
    newer = advisory("ALSA-1", "2024-02-01T00:00:00Z", "1.el9", ecosystem="AlmaLinux:9")
    assert [a.ecosystem for a in merge(older, newer).affected] == ["AlmaLinux:9", "AlmaLinux:8"]


def test_a_newer_withdrawal_withdraws(intake: Intake) -> None:
    intake.add(advisory("X-1", "2024-01-01T00:00:00Z"))
    intake.add(Advisory("osv/PyPI", "X-1", "2024-02-01T00:00:00Z", withdrawn=True))
    (compiled,) = intake.records()
    assert compiled.record.withdrawn
    assert compiled.affected == ()


def test_a_time_in_the_future_is_not_believed(intake: Intake) -> None:
    intake.add(advisory("X-1", "2099-01-01T00:00:00Z", "lying"))
    intake.add(advisory("X-1", "2024-01-01T00:00:00Z", "honest"))
    assert fixes(intake) == {"X-1": ["honest"]}
    assert "future" in intake.notes[0].reason
    assert intake.newest["osv/PyPI"] == "2024-01-01T00:00:00Z"


def test_bug_fix_errata_are_skipped_and_counted(intake: Intake) -> None:
    intake.add(advisory("ALBA-2024:1", ecosystem="AlmaLinux:9"))
    assert list(intake.records()) == []
    assert intake.skipped == {"osv/PyPI": 1}


def test_a_record_without_cve_takes_that_of_its_alias(intake: Intake) -> None:
    intake.add(advisory("PYSEC-1", aliases=("GHSA-1",)))
    intake.add(advisory("GHSA-1", aliases=("CVE-2024-0001",)))
    found = {compiled.record.id: compiled.record for compiled in intake.records()}
    assert found["PYSEC-1"].vulnerabilities == ("CVE-2024-0001",)
    assert found["PYSEC-1"].names == ("GHSA-1", "PYSEC-1")


def test_order_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    orders = []
    for number, names in enumerate((["B-1", "A-1", "C-1"], ["C-1", "B-1", "A-1"])):
        intake = Intake(tmp_path / str(number), NOW)
        for name in names:
            intake.add(advisory(name))
        orders.append(list(intake.records()))
        intake.close()
    assert orders[0] == orders[1]
    assert [compiled.record.id for compiled in orders[0]] == ["A-1", "B-1", "C-1"]
