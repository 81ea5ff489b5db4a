"""A large report renders while one waits: 2,000 packages and 5,000 findings."""

import subprocess
import sys
import time

import pytest

from landwaiter.reports.formats import SCAN_FORMATS, renderer

SLOWEST = 2.0
"""Seconds; each format takes about a tenth of it on a quiet machine."""


@pytest.mark.parametrize("name", SCAN_FORMATS)
def test_a_large_report_is_quick(large, name):
    render = renderer(name)
    start = time.process_time()
    text = render(large)
    spent = time.process_time() - start
    print(f"{name}: {spent:.2f} s, {len(text):,} characters")
    assert spent < SLOWEST
    assert text.endswith("\n")


def test_an_unused_format_costs_nothing():
    heavy = "rich, license_expression, cyclonedx, packageurl, csv"
    code = f"import sys, landwaiter.reports.formats; print([name for name in '{heavy}'.split(', ') if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
