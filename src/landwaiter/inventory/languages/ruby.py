r"""Ruby gems that are installed: the specification that RubyGems writes for each (`Gem::Specification#to_ruby`).

It lies at `specifications/NAME-VERSION.gemspec`, those of default gems at `specifications/default/`. It is Ruby, but
generated, so that each attribute is one line: `s.name = "rack".freeze`. Nothing is run: only literals are understood
(`"…"` with its escapes, `'…'`, `%q{…}`, `Gem::Version.new("…")`). The second line, `# stub: NAME VERSION PLATFORM
PATHS`, serves where an attribute is no literal, as in specifications that a distribution wrote by hand.
"""

import re

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, PackageFact

NAME = "gemspec"

_STUB = re.compile(r"^# stub: (\S{1,200}) (\S{1,100}) (\S{1,100})", re.MULTILINE)
_LITERAL = r"""(?:"((?:[^"\\\n#]|\\.|#(?!\{)){0,300})"|'([^'\\\n]{0,300})'|%q\{([^{}\\\n]{0,300})\})(?:\.freeze)?"""
_ATTRIBUTE = re.compile(
    r"^[ \t]*\w{1,40}\.(name|version|platform|license)[ \t]*=[ \t]*(?:Gem::Version\.new[ \t]*\(?[ \t]*)?" + _LITERAL,
    re.MULTILINE,
)
_LICENSES = re.compile(r"^[ \t]*\w{1,40}\.licenses[ \t]*=[ \t]*\[([^\]]{0,2000})\]", re.MULTILINE)
_ITEM = re.compile(_LITERAL)
_ESCAPE = re.compile(r"\\(u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{1,2})|.)")
_GEM = re.compile(r"[A-Za-z0-9._-]+")
_VERSION = re.compile(r"\d[0-9A-Za-z.-]*")


def read_gemspec(path: str, content: bytes) -> Evidence | None:
    """Read the specification of an installed gem. Raises InputError when it names no gem and version."""
    text = content.decode("utf-8", "replace")
    stub = _STUB.search(text)
    name, version, platform = stub.groups() if stub else ("", "", "")
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        found.setdefault(match[1], _unescape(match[2]) if match[2] is not None else match[3] or match[4] or "")
    name, version = found.get("name", name), found.get("version", version)
    if not _GEM.fullmatch(name) or not _VERSION.fullmatch(version):
        raise InputError("The gem's specification states no name and version that can be read without running it.")
    platform = found.get("platform", platform)
    arch = "" if platform == "ruby" else platform
    return Evidence(path, NAME, (PackageFact("gem", name, version, arch=arch, licenses=_licenses(text, found)),))


def _licenses(text: str, found: dict[str, str]) -> tuple[str, ...]:
    match = _LICENSES.search(text)
    if match:
        return tuple(next(filter(None, item.groups()), "") for item in _ITEM.finditer(match[1]))
    return (found["license"],) if found.get("license") else ()


def _unescape(text: str) -> str:
    """Resolve the escapes of a Ruby string in double quotes."""

    def one(match: re.Match[str]) -> str:
        digits = match[2] or match[3] or match[4]
        if digits:
            number = int(digits, 16)
            return chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else "\ufffd"
        return {"n": "\n", "t": "\t", "r": "\r", "s": " ", "0": "\0", "e": "\x1b"}.get(match[1], match[1])

    return _ESCAPE.sub(one, text)


def _is_installed(path: str) -> bool:
    folders = path.split("/")[-3:-1]
    return folders[-1:] == ["specifications"] or folders == ["specifications", "default"]


GEMSPEC = Analyser(NAME, suffixes=(".gemspec",), wants=_is_installed, read=read_gemspec, limit=MIB)
