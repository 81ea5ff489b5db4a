import importlib.util
from pathlib import Path

from landwaiter.compliance.checks import CHECKS
from landwaiter.compliance.load import shipped_benchmarks

SCRIPT = Path(__file__).parents[3] / "docs" / "compliance_reference.py"


def test_the_reference_page_is_up_to_date():
    specification = importlib.util.spec_from_file_location("compliance_reference", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert module.PAGE.read_text() == module.page(), "run: python docs/compliance_reference.py"


def test_every_control_and_check_is_documented():
    text = (SCRIPT.parent / "reference" / "compliance.md").read_text()
    for benchmark in shipped_benchmarks():
        for control in benchmark.controls:
            assert f"### {benchmark.id} {control.id}: {control.title}" in text
    for name in CHECKS:
        assert f"| `{name}` |" in text
