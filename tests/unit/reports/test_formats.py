import json

import msgspec
import pytest

from landwaiter.errors import InputError
from landwaiter.reports.formats import INVENTORY_FORMATS, SCAN_FORMATS, renderer
from landwaiter.reports.models import ScanReport, now


@pytest.mark.parametrize("name", SCAN_FORMATS)
def test_every_format_renders_a_scan(ordinary, name):
    assert renderer(name)(ordinary).endswith("\n")


@pytest.mark.parametrize("name", INVENTORY_FORMATS)
def test_every_inventory_format_renders_an_inventory(report, package, name):
    assert "libssl3" in renderer(name)(report((package(),), None))


@pytest.mark.parametrize("name", [name for name in SCAN_FORMATS if name not in {"openvex", "asff"}])
def test_what_was_not_assessed_is_said_in_every_format(ordinary, name):
    assert "No advisories for generic packages." in renderer(name)(ordinary)


@pytest.mark.parametrize("name", ["json", "sarif", "cyclonedx", "spdx", "openvex"])
def test_hostile_names_stay_inside_their_strings(hostile, name):
    json.loads(renderer(name)(hostile))


def test_unknown_formats_are_refused():
    with pytest.raises(InputError, match="yaml"):
        renderer("yaml")


def test_a_report_is_dated_by_the_clock_or_by_source_date_epoch(report, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert now() == "2023-11-14T22:13:20Z"
    assert ScanReport(report().inventory).created == "2023-11-14T22:13:20Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert now() > "2024"


def test_the_serial_names_image_data_and_time(report, image):
    assert report().serial == report().serial
    others = [
        report(image=image("other")),
        report(findings=None),
        msgspec.structs.replace(report(), created="2026-06-02T00:00:00Z"),
    ]
    assert len({report().serial, *(other.serial for other in others)}) == 4
