import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from landwaiter.matching.models import NotAssessed
from landwaiter.policy.models import Verdict
from landwaiter.reports.table import render

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def test_the_verdict_comes_first_then_what_was_not_assessed_then_what_to_do(ordinary):
    text = render(ordinary, width=140)
    places = [
        text.index(piece)
        for piece in ("FAIL", "NOT ASSESSED", "What to do first", "Findings:", "Suppressed", "Compliance")
    ]
    assert places == sorted(places)
    assert places[0] < 5
    assert "by the policy strict" in text
    assert "No advisories for generic packages. (2 packages)" in text
    assert "app/x.war: The archive is nested too deep. (layer 1)" in text


def test_what_to_do_first_names_upgrade_and_effect(ordinary):
    line = "1. upgrade openssl (libssl3) 3.0.11-1 to 3.0.14-1: fixes 2 (1 critical, 1 high, 1 KEV); it comes from the base image"
    assert line in render(ordinary, width=200)
    assert "No fix yet: 1 (1 unknown)" in render(ordinary, width=200)


def test_a_finding_is_a_row(ordinary):
    rows = [line for line in render(ordinary, width=200).splitlines() if line.startswith("CVE-2024-0001")]
    assert rows[0].split() == [
        "CVE-2024-0001",
        "critical",
        "yes",
        "libssl3",
        "3.0.11-1",
        "3.0.14-1",
        "var/lib/dpkg/status",
        "0",
        "base",
    ]
    assert len(rows) == 2
    unfixed = next(line for line in render(ordinary, width=200).splitlines() if line.startswith("CVE-2023-0003"))
    assert "will not be fixed" in unfixed


def test_suppressed_findings_are_told_with_their_reason(ordinary):
    assert (
        "CVE-2022-0004 in openssl: not affected, component not present, We do not ship it. (from vex.json)"
        in render(ordinary, width=200)
    )


def test_compliance_is_counted_and_failures_are_told(ordinary):
    text = render(ordinary, width=200)
    assert "cis-docker: 1 fail, 1 warn, 1 error, 1 not assessed, 1 pass, 1 not applicable, 1 inherited" in text
    assert re.search(r"cis-docker 4\.1\s+fail\s+high\s+A user: The user is root\. \[user ''\]", text)
    assert "Controls not assessed: 1" in text


def test_nothing_assessed_is_not_shown_as_clean(report):
    gaps = (NotAssessed("unknown-os", "The distribution is not known.", "", 80),)
    text = render(report(gaps=gaps, verdict=Verdict("not_assessed", ("The distribution is not known.",))), width=100)
    assert text.startswith(" NOT ASSESSED ")
    assert "is not known to be clean" in text
    assert "PASS" not in text


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(ordinary, width):
    assert max(cell_len(line) for line in render(ordinary, width=width).splitlines()) <= width


def test_hostile_names_neither_move_the_terminal_nor_forge_lines(hostile):
    for width in (40, 200):
        text = ESCAPE.sub("", render(hostile, width=width, colour=True))
        assert all(line.isprintable() for line in text.split("\n"))
        assert "\x1b" not in text


def test_markup_is_shown_and_not_read(report, package, finding):
    text = render(report(findings=(finding(package("[bold red]x[/bold red]")),)), width=200)
    assert "[bold red]x[/bold red]" in text


def test_colour_changes_nothing_but_colour(ordinary):
    assert ESCAPE.sub("", render(ordinary, width=120, colour=True)) == render(ordinary, width=120)
    assert "\x1b[" in render(ordinary, width=120, colour=True)


def test_an_inventory_lists_its_packages(report, package):
    text = render(report((package(owned_by="base-files"),), None), width=120)
    assert re.search(r"libssl3\s+deb\s+3\.0\.11-1\s+var/lib/dpkg/status\s+0 base\s+base-files", text)
    assert "FAIL" not in text
    assert "No package was found." in render(report((), None), width=120)


def test_many_notes_are_counted(report, ordinary):
    notes = ordinary.inventory.coverage.notes * 50
    assert "and 30 more notes" in render(report(notes=notes), width=100)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=60), width=st.integers(min_value=20, max_value=150))
def test_any_name_at_any_width(report, package, finding, text, width):
    shown = render(report(findings=(finding(package(text, text), text, summary=text),)), width=width)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert json.dumps(shown)


def test_a_name_of_a_million_letters_is_cut_visibly(report, package, finding):
    text = render(report(findings=(finding(package("x" * 1_000_000), summary="y" * 1_000_000),)), width=80)
    assert len(text) < 10_000
    assert "…" in text
