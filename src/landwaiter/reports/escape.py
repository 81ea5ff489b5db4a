"""Text that an image's maker chose, made harmless for a terminal, a spreadsheet and a message with links in it."""

import re

_FORMULA = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_SARIF_MARKUP = re.compile(r"[\\\[\]]")

LONGEST = 500
"""Characters of one value that a person is shown; whatever is longer is somebody's attempt to hide the rest."""


def visible(text: str) -> str:
    r"""Return `text` on one line, with each character that is not plainly visible written as an escape (`\x1b`).

    Those are control characters, line ends, direction overrides, zero-width characters, lone surrogates, and blanks
    other than the space.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def shortened(text: str, length: int) -> str:
    """Return at most `length` characters of `text`, visibly cut."""
    return text if len(text) <= length else text[: length - 1] + "…"


def brief(text: str) -> str:
    """Return `text` visible and at most `LONGEST` characters long, for places where a person reads."""
    return shortened(visible(text), LONGEST)


def cell(text: str) -> str:
    """Return `text` as the cell of a spreadsheet: visible, and never a formula (an apostrophe keeps it text)."""
    shown = visible(text)
    return f"'{shown}" if _FORMULA.match(text) or _FORMULA.match(shown) else shown


def sarif_text(text: str) -> str:
    """Return `text` for a SARIF message: visible, without embedded links (SARIF 2.1.0, 3.11.6)."""
    return _SARIF_MARKUP.sub(r"\\\g<0>", visible(text))


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
