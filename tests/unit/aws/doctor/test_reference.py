"""Every check has its page, with its own words, at an address that stays."""

import importlib.util
import re
from pathlib import Path

import pytest

from landwaiter.aws.doctor.checks import CHECKS, SUBJECTS
from landwaiter.aws.doctor.models import Check
from landwaiter.aws.doctor.repairs import REPAIRS

DOCS = Path(__file__).parents[4] / "docs"
IDS = [one.id for one in CHECKS]


def test_ids_are_unique_and_in_a_subject() -> None:
    assert len(set(IDS)) == len(IDS)
    assert all(re.fullmatch(r"LW-[A-Z]{2,3}-\d{3}", one) and one.rpartition("-")[0] in SUBJECTS for one in IDS)
    assert REPAIRS.keys() <= set(IDS)


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_a_check_has_a_page_and_says_all(check: Check) -> None:
    page = (DOCS / "reference" / "doctor" / f"{check.id}.md").read_text("utf-8")
    assert page.startswith(f"({check.id.lower()})=\n# {check.id}: {check.title}\n")
    for words in (check.describes, check.why, check.generic_mend):
        assert words
        assert words in page
    assert f"[{check.id}]({check.id}.md)" in (DOCS / "reference" / "doctor" / "index.md").read_text("utf-8")


def test_the_pages_are_as_the_checks_are() -> None:
    spec = importlib.util.spec_from_file_location("doctor_reference", DOCS / "doctor_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = {file.name: file.read_text("utf-8") for file in (DOCS / "reference" / "doctor").glob("*.md")}
    assert written == module.pages()
