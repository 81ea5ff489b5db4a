import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

import landwaiter.platform.console
from landwaiter.compliance.models import STATUSES, ControlResult
from landwaiter.platform.console.presentation import (
    LONGEST,
    ago,
    by_status,
    coded,
    day,
    duration,
    environment,
    image_name,
    megabytes,
    number,
    short,
    shown,
)

CONSOLE = Path(landwaiter.platform.console.__file__).parent


@pytest.mark.parametrize(
    ("reference", "name", "registry"),
    [
        ("nginx", "nginx", ""),
        ("library/nginx:1", "library/nginx:1", ""),
        ("registry.example/shop/web:1.0", "shop/web:1.0", "registry.example"),
        ("localhost:5000/web:1", "web:1", "localhost:5000"),
        ("localhost/web", "web", "localhost"),
        ("r.example/web:1@sha256:0123456789abcdef", "web:1", "r.example"),
        ("r.example/web@sha256:0123456789abcdef", "web@0123456789ab", "r.example"),
        ("", "", ""),
        ("@", "@", ""),
    ],
)
def test_a_reference_is_split_for_people(reference: str, name: str, registry: str) -> None:
    found = image_name(reference)
    assert (found.name, found.registry) == (name, registry)


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_every_reference_has_a_name_to_click_on(reference: str) -> None:
    assert bool(image_name(reference).name) is bool(reference) or "/" in reference


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_what_is_shown_cannot_steer_or_run(text: str) -> None:
    html = environment().from_string("<b title='{{ text }}'>{{ text }}</b>").render(text=text)
    inside = html.removeprefix("<b title='").removesuffix("</b>")
    assert inside.count("<") == 0
    assert inside.count("'") == 1
    assert all(letter.isprintable() or letter == "\n" for letter in html)


def test_a_value_is_bounded_and_markup_is_left_alone() -> None:
    assert shown("x" * 10 * LONGEST) == "x" * LONGEST + "…"
    made = Markup("<b>") * LONGEST
    assert shown(made) is made
    assert shown(5) == 5


def test_a_name_that_a_page_does_not_get_is_an_error() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        environment().from_string("{{ absent }}").render()


def test_backticks_become_code_and_nothing_else_does() -> None:
    assert coded("Set `user` to <b>.") == "Set <code>user</code> to &lt;b&gt;."
    assert coded("`<i>`") == "<code>&lt;i&gt;</code>"
    assert coded("no code") == "no code"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-60, "0 s ago"), (5, "5 s ago"), (61, "1 min ago"), (7300, "2 h ago"), (200_000, "2 d ago")],
)
def test_times_are_told_by_their_distance(seconds: int, text: str) -> None:
    assert ago(datetime.now(UTC) - timedelta(seconds=seconds)) == text


def test_small_forms() -> None:
    assert (day("2026-11-01T00:00:00Z"), duration(999), duration(1500)) == ("2026-11-01", "999 ms", "1.5 s")
    assert (number(1, "image"), number(1200, "image"), number(0, "box", "boxes")) == (
        "1 image",
        "1,200 images",
        "0 boxes",
    )
    assert (short("sha256:0123456789abcdef"), short(""), short(None)) == ("0123456789ab", "", "")
    assert (megabytes(1_500_000), megabytes(600)) == ("1.5 MB", "0.6 kB")


def test_what_needs_attention_comes_first() -> None:
    made = [ControlResult("b", str(n), "", "", "", status, "") for n, status in enumerate(reversed(STATUSES))]
    assert [result.status for result in by_status(made)] == list(STATUSES)


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_has_the_contrast_of_wcag_aa_in_light_and_dark() -> None:
    style = (CONSOLE / "static" / "console.css").read_text()
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    schemes = {"light": tokens(light), "dark": tokens(light) | tokens(dark.partition("\n}\n")[0])}
    texts = [
        "ink",
        "soft",
        "accent",
        "critical",
        "high",
        "medium",
        "low",
        "negligible",
        "unknown",
        "good",
        "bad",
        "warn",
    ]
    pairs = [(text, ground) for text in texts for ground in ("surface", "ground", "raised")]
    pairs += [(text, f"{text}-ground") for text in ("warn", "bad", "good")]
    pairs += [(text, ground) for text in ("ink", "accent") for ground in ("warn-ground", "bad-ground", "good-ground")]
    assert schemes["light"] != schemes["dark"]
    for name, colours in schemes.items():
        weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
        assert not {pair: ratio for pair, ratio in weak.items() if ratio < 4.5}, name
        assert contrast(colours["edge"], colours["surface"]) >= 3, "the border of a field"


def test_pages_hold_neither_style_nor_script_of_their_own() -> None:
    for page in (CONSOLE / "templates").glob("*.html"):
        text = page.read_text()
        assert not re.search(r"\sstyle=|<style|\son\w+=|\|\s*safe|javascript:", text), page.name
        assert set(re.findall(r"<script[^>]*>", text)) <= {'<script src="/static/console.js" defer>'}, page.name
