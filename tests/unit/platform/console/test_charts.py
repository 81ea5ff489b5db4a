import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.matching.models import SEVERITIES
from landwaiter.platform.console.charts import journey_chart, severity_chart, size_bar
from landwaiter.platform.findings.models import Counts
from landwaiter.platform.scans.models import Journey, Scan, Step

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SCAN = Scan(
    "scn-1", "a", "", "linux/amd64", "building", 1, "1", "r", "", "", None, None, 0, 0, BEGIN, BEGIN, None, BEGIN
)
counts = st.builds(Counts, **{word: st.integers(0, 10**6) for word in SEVERITIES})


def rects(svg: ET.Element) -> list[tuple[str, float]]:
    return [(rect.get("class", ""), float(rect.get("width", "0"))) for rect in svg.iter("rect")]


@given(counts)
@settings(max_examples=100)
def test_the_parts_of_the_bar_are_in_proportion(found: Counts) -> None:
    svg, legend = ET.fromstring(f"<x>{severity_chart(found)}</x>".replace(" class=none", ""))
    widths = dict(rects(svg))
    total = sum(getattr(found, word) for word in SEVERITIES)
    for word in SEVERITIES:
        number = getattr(found, word)
        assert widths[word] == pytest.approx(720 * number / total if total else 0, abs=0.06)
        assert f"{number:,} {word}" in "".join(legend.itertext())
    assert svg.get("aria-label") == (
        ", ".join(f"{getattr(found, word)} {word}" for word in SEVERITIES if getattr(found, word)) or "no open findings"
    )


@given(st.integers(-5, 2**70), st.integers(-5, 2**70))
@settings(max_examples=100)
def test_a_size_never_leaves_its_track(size: int, largest: int) -> None:
    (_, track), (_, width) = rects(ET.fromstring(size_bar(size, largest)))
    assert 0 <= width <= track


def test_half_a_size_is_half_a_bar() -> None:
    (_, track), (_, width) = rects(ET.fromstring(size_bar(50, 100)))
    assert width == track / 2


steps = st.builds(
    Step,
    step=st.text(max_size=40),
    started=st.integers(0, 10**7).map(lambda n: BEGIN + timedelta(milliseconds=n)),
    milliseconds=st.integers(0, 2**62),
    detail=st.text(max_size=5),
    ok=st.booleans(),
    origin=st.just("job"),
)


@given(st.lists(steps, min_size=1, max_size=8).map(tuple))
@settings(max_examples=100)
def test_every_step_is_drawn_within_the_chart_and_its_name_is_text(found: tuple[Step, ...]) -> None:
    svg = ET.fromstring(journey_chart(Journey(SCAN, found)))
    drawn = list(svg.iter("rect"))
    assert [rect.get("class") for rect in drawn] == ["step" if step.ok else "failed" for step in found]
    for rect in drawn:
        x, width = float(rect.get("x", "")), float(rect.get("width", ""))
        assert x >= 190
        assert x + width <= 640
    assert {element.tag for element in svg} == {"rect", "text"}


def test_a_name_of_markup_stays_text() -> None:
    step = Step("</text><script>x</script>", BEGIN, 5, "", ok=True, origin="job")
    svg = ET.fromstring(journey_chart(Journey(SCAN, (step,))))
    assert next(svg.iter("text")).text == "</text><script>x</script>"


def test_no_steps_no_chart() -> None:
    assert journey_chart(Journey(SCAN, ())) == ""
