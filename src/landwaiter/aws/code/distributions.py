"""What a Python program of ours needs to run elsewhere: its own modules and the installed distributions they import.

Found by reading import statements, those inside functions too, so that nothing has to be listed twice.
"""

import ast
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import landwaiter
from landwaiter.errors import InputError

_ROOT = Path(landwaiter.__file__).parent


@dataclass(frozen=True, slots=True)
class Closure:
    """Our modules by their path, which starts with `landwaiter/`, and the other packages that they import."""

    files: dict[str, Path]
    imports: frozenset[str]


def closure_of(modules: Iterable[str]) -> Closure:
    """Follow the imports of our modules, given by dotted name; data files beside a package's modules come along."""
    waiting, seen, others = list(modules), set[str](), set[str]()
    files: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.split(".", 1)[0] != "landwaiter":
            others.add(name.split(".", 1)[0])
            continue
        waiting.extend(_parents(name))
        file = _file_of(name)
        if file is not None:
            files |= _with_data(file)
            waiting.extend(_imports(file))
    return Closure(files, frozenset(others - set(sys.stdlib_module_names)))


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _file_of(name: str) -> Path | None:
    """The file of a module; None when the last part of the name is something inside a module."""
    base = _ROOT.parent.joinpath(*name.split("."))
    for file in (base / "__init__.py", base.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def _with_data(file: Path) -> dict[str, Path]:
    found = [file]
    if file.name == "__init__.py":
        found += [one for one in file.parent.iterdir() if one.is_file() and one.suffix not in (".py", ".pyc")]
    return {one.relative_to(_ROOT.parent).as_posix(): one for one in found}


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def distributions_of(imports: Iterable[str]) -> dict[str, importlib.metadata.Distribution]:
    """The installed distributions that provide packages, with all that these require, by normalised name.

    Raises `InputError` when one that is required is not installed.
    """
    owners = importlib.metadata.packages_distributions()
    waiting = [owners[name][0] for name in imports if name in owners]
    found: dict[str, importlib.metadata.Distribution] = {}
    while waiting:
        distribution = _installed(waiting.pop())
        name = canonicalize_name(distribution.name)
        if name in found:
            continue
        found[name] = distribution
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def _installed(name: str) -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError as error:
        raise InputError(f"The package {name} is not installed.", "Install landwaiter with all it requires.") from error


def files_of(distribution: importlib.metadata.Distribution) -> dict[str, Path]:
    """The installed files of a distribution by their path in site-packages, without commands and compiled bytecode."""
    return {
        file.as_posix(): Path(str(file.locate()))
        for file in distribution.files or ()
        if not file.as_posix().startswith("..") and "__pycache__" not in file.parts
    }
