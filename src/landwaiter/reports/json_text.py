"""Documents as JSON text."""

import json
import re

import msgspec

_NOT_PLAIN = re.compile(r"[^\n\x20-\x7e]")


def json_text(document: object) -> str:
    """Return the document as indented JSON with a line end.

    Characters that are not plainly visible (C1 controls, direction overrides, zero-width characters) are written as
    JSON's own escapes, so that a terminal shows what a program reads. Lone surrogates, which UTF-8 cannot hold, become
    `?`.
    """
    try:
        encoded = msgspec.json.encode(document)
    except UnicodeEncodeError:
        plain = json.dumps(msgspec.to_builtins(document), ensure_ascii=False)
        encoded = plain.encode("utf-8", "replace")
    return _NOT_PLAIN.sub(_escaped, msgspec.json.format(encoded, indent=2).decode()) + "\n"


def _escaped(match: re.Match[str]) -> str:
    """Outside of strings JSON has ASCII only, so an escape is always inside one; above U+FFFF it takes two."""
    character = match[0]
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if character <= "\uffff" else json.dumps(character)[1:-1]
