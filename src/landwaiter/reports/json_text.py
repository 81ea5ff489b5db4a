"""Documents as JSON text."""

import json

import msgspec


def json_text(document: msgspec.Struct) -> str:
    """Return the document as indented JSON with a line end. Lone surrogates, which UTF-8 cannot hold, become `?`."""
    try:
        encoded = msgspec.json.encode(document)
    except UnicodeEncodeError:
        plain = json.dumps(msgspec.to_builtins(document), ensure_ascii=False)
        encoded = plain.encode("utf-8", "replace")
    return msgspec.json.format(encoded, indent=2).decode() + "\n"
