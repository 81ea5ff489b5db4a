import csv
import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landwaiter.inventory.models import Location
from landwaiter.reports.comma_separated import COLUMNS, render


def rows_of(report):
    rows = list(csv.DictReader(io.StringIO(render(report), newline="")))
    assert all(set(row) == set(COLUMNS) for row in rows)
    return rows


def test_rows(ordinary):
    rows = rows_of(ordinary)
    assert [row["kind"] for row in rows] == ["verdict", "not_assessed", "not_assessed"] + ["finding"] * 5 + [
        "control"
    ] * 7
    finding = rows[3]
    assert (finding["id"], finding["package"], finding["kev"], finding["cvss"]) == (
        "CVE-2024-0001",
        "libssl3",
        "yes",
        "9.8",
    )
    assert (finding["path"], finding["layer"], finding["fixed_versions"]) == ("var/lib/dpkg/status", "0", "3.0.14-1")
    assert rows[7]["status"] == "suppressed: not_affected"
    assert rows[1]["text"] == "The archive is nested too deep."


def test_a_finding_has_a_row_for_each_place(report, finding, package):
    places = (Location("a", 0), Location("b", 3))
    rows = rows_of(report(findings=(finding(package(locations=places)),)))
    assert [(row["path"], row["layer"]) for row in rows if row["kind"] == "finding"] == [("a", "0"), ("b", "3")]
    assert len(rows_of(report(findings=(finding(package(locations=())),)))) == 2


def check_cells(text):
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert cell.isprintable()
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))


def test_hostile_names_are_no_formulas(hostile):
    text = render(hostile)
    check_cells(text)
    assert text.count("\r\n") == len(rows_of(hostile)) + 1


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet=st.characters(), max_size=50))
def test_no_name_becomes_a_formula_or_a_row(report, package, finding, text):
    shown = render(report(findings=(finding(package(text, text), text, summary=text),)))
    check_cells(shown)
    assert shown.count("\n") == 3
