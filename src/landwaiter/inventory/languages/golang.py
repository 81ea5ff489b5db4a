"""Go modules, from the build information in a program (Go's `runtime/debug.BuildInfo` as text).

One line a fact, fields separated by tabs: `path` (the main package), `mod` and `dep` (module path, version, sum), `=>`
(what replaces the `dep` before it), `build` (`key=value`).

Names and versions: a replaced dependency is reported as its replacement; one replaced by a folder (`=> ./fork`) keeps
its name, and its version unless that is the placeholder `v0.0.0`. The standard library is the module `stdlib`, with the
version that the Go project gives ("1.21.5", "1.22rc1"). A version that is not known, above all `(devel)`, is "".
"""

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from landwaiter.inventory.models import PackageFact

MAX_MODULES = 50_000
MAX_FLAGS = 32_768
"""Characters of linker flags that are looked at."""
UNKNOWN = frozenset({"(devel)", ""})

_GO_VERSION = re.compile(r"go(\d+\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)(?![\w.]|-devel)")
_MODULE = re.compile(r"[\w.~+!-]+(?:/[\w.~+!-]+)*")
_VERSION = re.compile(r"v?\d+\.\d+\.\d+(?:[-+~.][-+.~0-9A-Za-z]*)?")
_VERSION_VARIABLE = re.compile(r"(?:^|[./])(?:\w*version|ver|tag)$", re.IGNORECASE)
_HOSTS = ("github.com/", "gitlab.com/", "bitbucket.org/")


@dataclass
class _Build:
    """The build information's lines, sorted."""

    path: str = ""
    main: tuple[str, str] | None = None
    modules: list[tuple[str, str]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)


def go_packages(version: str, modules: str, stamp: Callable[[], str] = str) -> tuple[PackageFact, ...]:
    """Return the modules that a program is made of: the main one, its dependencies, the standard library.

    `version` is the compiler's ("go1.21.5"), `modules` the build information's text. `stamp` is asked for a version of
    the main module where the build information has none.
    """
    build = _read(modules)
    found = [PackageFact("golang", *module) for module in _named(_main(build, stamp), *build.modules)]
    compiler = _GO_VERSION.match(version)
    return (*found, PackageFact("golang", "stdlib", compiler[1] if compiler else ""))


def _read(modules: str) -> _Build:
    build = _Build()
    for line in modules.split("\n"):
        kind, *fields = line.split("\t")
        if kind == "path" and fields:
            build.path = fields[0]
        elif kind in {"mod", "dep"} and fields:
            module = (fields[0], fields[1] if len(fields) > 1 else "")
            if kind == "mod":
                build.main = module
            elif len(build.modules) < MAX_MODULES:
                build.modules.append(module)
        elif kind == "=>" and fields and build.modules:
            build.modules[-1] = _replacement(build.modules[-1], fields)
        elif kind == "build" and fields and "=" in fields[0]:
            key, _, value = fields[0].partition("=")
            build.settings[key] = value
    return build


def _replacement(module: tuple[str, str], fields: list[str]) -> tuple[str, str]:
    if fields[0].startswith((".", "/")):
        return module[0], "" if module[1] == "v0.0.0" else module[1]
    return fields[0], fields[1] if len(fields) > 1 else ""


def _named(*modules: tuple[str, str] | None) -> Iterator[tuple[str, str]]:
    """Pass on what has the name of a module, unknown versions as ""."""
    for module in modules:
        if module and _MODULE.fullmatch(module[0]):
            known = module[1] not in UNKNOWN and not any(character.isspace() for character in module[1])
            yield module[0], module[1] if known else ""


def _main(build: _Build, stamp: Callable[[], str]) -> tuple[str, str] | None:
    """Return name and version of the main module; without a `mod` line the name comes from the main package's path."""
    name, version = build.main or (_repository(build.path), "")
    if not name or name == "command-line-arguments":
        return None
    if version in UNKNOWN:
        version = _version_setting(build.settings, name) or stamp()
        version = f"v{version}" if version[:1].isdigit() else version
    return name, version


def _repository(path: str) -> str:
    """Return the module that the main package at `path` belongs to, for programs built without module information."""
    first = path.partition("/")[0]
    if "." not in first:
        return ""
    if path.startswith(_HOSTS):
        parts = path.split("/")
        major = len(parts) > 3 and re.fullmatch(r"v[2-9]|v[1-9]\d+", parts[3])
        return "/".join(parts[: 4 if major else 3])
    return path.partition("/cmd/")[0].removesuffix("/cmd")


def _version_setting(settings: dict[str, str], name: str) -> str:
    """Return the version that `-ldflags -X` gave to a variable of the program, if all such variables agree.

    Variables of package `main` come before those of the module's other packages; those of others do not count.
    """
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for variable, value in _variables(settings.get("-ldflags", "")):
        package, _, short = variable.rpartition(".")
        if _VERSION_VARIABLE.search(short) and _VERSION.fullmatch(value) and (package == "main" or name in package):
            found[package == "main"].add(value.removeprefix("v"))
    return next((versions.pop() for versions in (found[True], found[False]) if len(versions) == 1), "")


def _variables(flags: str) -> Iterator[tuple[str, str]]:
    """Yield the variables and values of `-X name=value` in linker flags (which Go may have put in quotes)."""
    try:
        words = shlex.split(flags) if len(flags) <= MAX_FLAGS else []
        if len(words) == 1 and " " in words[0]:
            words = shlex.split(words[0])
    except ValueError:
        return
    for word, following in pairwise([*words, ""]):
        setting = following if word in {"-X", "--X"} else word[3:] if word.startswith("-X=") else ""
        variable, equals, value = setting.partition("=")
        if equals:
            yield variable, value
