"""What a registry wants of us: the `WWW-Authenticate` header (RFC 9110, section 11.6.1; distribution spec, token)."""

import re

import msgspec

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_SCHEME = re.compile(r"(?:^|,\s*)(Basic|Bearer)(?=\s|,|$)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")


class Challenge(msgspec.Struct, frozen=True):
    """One challenge; `realm`, `service` and `scope` are "" where it does not name them."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


def parse_challenges(headers: list[str]) -> list[Challenge]:
    """Read the Basic and Bearer challenges in the header's values, in order; others are left out."""
    return [challenge for header in headers for challenge in _parse(header[:8192])]


def _parse(header: str) -> list[Challenge]:
    starts = list(_SCHEME.finditer(_without_quoted(header)))
    found = []
    for place, match in enumerate(starts):
        end = starts[place + 1].start() if place + 1 < len(starts) else len(header)
        values = {
            name.lower(): _ESCAPED.sub(r"\1", quoted) or bare
            for name, quoted, bare in _PARAMETER.findall(header[match.end() : end])
        }
        found.append(
            Challenge(match[1].lower(), values.get("realm", ""), values.get("service", ""), values.get("scope", ""))
        )
    return found


def _without_quoted(header: str) -> str:
    """Blank out quoted strings, so that a comma or a word in them is not taken for a challenge."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda match: "_" * len(match[0]), header)
