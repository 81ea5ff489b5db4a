"""Charts as SVG drawn on the server: no script needed, and they print. Every text is escaped."""

from markupsafe import Markup, escape

from landwaiter.matching.models import SEVERITIES
from landwaiter.platform.findings.models import Counts
from landwaiter.platform.scans.models import Journey
from landwaiter.printable import printable

_WIDTH = 720


def severity_chart(counts: Counts) -> Markup:
    """Draw open findings as one horizontal bar, a part for each severity, over a legend of numbers."""
    numbers = [(word, int(getattr(counts, word))) for word in SEVERITIES]
    total = sum(number for _, number in numbers)
    label = ", ".join(f"{number} {word}" for word, number in numbers if number) or "no open findings"
    parts, legend, x = [], [], 0.0
    for word, number in numbers:
        width = _WIDTH * number / total if total else 0
        parts.append(f'<rect class="{word}" x="{x:.1f}" y="0" width="{width:.1f}" height="18"/>')
        legend.append(
            f'<li{"" if number else " class=none"}><i class="swatch {word}"></i><b>{number:,}</b> {word}</li>'
        )
        x += width
    track = f'<rect class="track" width="{_WIDTH}" height="18"/>'
    bar = _svg("bar", label, 18, track + "".join(parts), stretch=True)
    return bar + Markup(f'<ul class="legend">{"".join(legend)}</ul>')  # noqa: S704 - numbers and our own words


def size_bar(size: int, largest: int) -> Markup:
    """Draw `size` as a bar on a track as wide as `largest`; both in the same unit."""
    width = _WIDTH * min(max(size, 0) / largest, 1.0) if largest > 0 else 0.0
    content = f'<rect class="track" width="{_WIDTH}" height="18"/><rect class="step" width="{width:.1f}" height="18"/>'
    return _svg("bar small", f"{100 * width / _WIDTH:.0f} % of the largest", 18, content, stretch=True)


def journey_chart(journey: Journey) -> Markup:
    """Draw the steps of a scan as bars on one time axis, in milliseconds since the first began."""
    steps = journey.steps
    if not steps:
        return Markup()
    begin = min(step.started for step in steps)
    offsets = [(step.started - begin).total_seconds() * 1000 for step in steps]
    span = max(offset + step.milliseconds for offset, step in zip(offsets, steps, strict=True)) or 1.0
    rows = []
    for index, (offset, step) in enumerate(zip(offsets, steps, strict=True)):
        x, width = 190 + 440 * offset / span, max(2.0, 440 * step.milliseconds / span)
        y = 4 + index * 22
        kind = "step" if step.ok else "failed"
        rows.append(
            f'<text x="0" y="{y + 12}">{escape(printable(step.step[:28]))}</text>'
            f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="15" rx="2"/>'
            f'<text x="{x + width + 6:.1f}" y="{y + 12}">{step.milliseconds} ms</text>'
        )
    return _svg("chart", f"The steps of the scan over {span:.0f} milliseconds", 8 + 22 * len(steps), "".join(rows))


def _svg(kind: str, label: str, height: int, content: str, *, stretch: bool = False) -> Markup:
    aspect = ' preserveAspectRatio="none"' if stretch else ""
    return Markup(  # noqa: S704 - built of numbers, our own words and escaped text
        f'<svg class="{kind}" role="img" aria-label="{escape(label)}" viewBox="0 0 {_WIDTH} {height}"{aspect}>'
        f"{content}</svg>"
    )
