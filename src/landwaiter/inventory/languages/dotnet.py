"""NuGet packages of a .NET program: its dependency file `NAME.deps.json`, and that of the shared runtime.

`libraries` names what was restored (`"Newtonsoft.Json/13.0.1": {"type": "package"}`), `targets` the files of each. A
package that brings none (a reference assembly, a bundle of other packages) is not in the image, although it was
restored; it is left out, unless the file says nothing of files at all. Projects are the program itself and its own
libraries. Assemblies that are referred to as files (`reference`) are no packages. A runtime pack
(`runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1`) is the NuGet package of that name without the prefix. The
shared runtimes lie in a folder of their name and version, and are named as products too (`dotnet`, `aspnet-core`).
"""

import re

import msgspec

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, PackageFact

NAME = "dotnet-deps"
RUNTIME_PACK = "runtimepack."
SHARED = {"Microsoft.NETCore.App": "dotnet", "Microsoft.AspNetCore.App": "aspnet-core"}

_ALWAYS = frozenset({"runtimepack", "project"})
_SHARED = re.compile(r"(?:^|/)shared/([\w.]+)/(\d[\w.+-]*)/\1\.deps\.json$")


class _Library(msgspec.Struct):
    type: str = ""


class _Files(msgspec.Struct, rename="camel"):
    runtime: dict[str, object] | None = None
    runtime_targets: dict[str, object] | None = None
    native: dict[str, object] | None = None
    resources: dict[str, object] | None = None

    @property
    def any(self) -> bool:
        return bool(self.runtime or self.runtime_targets or self.native or self.resources)


class _Target(msgspec.Struct):
    name: str = ""


class _Dependencies(msgspec.Struct, rename="camel"):
    libraries: dict[str, _Library]
    targets: dict[str, dict[str, _Files]] | None = None
    runtime_target: _Target | str | None = None


def read_dependencies(path: str, content: bytes) -> Evidence:
    """Read a .NET dependency file. Raises InputError when it is none."""
    try:
        document = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=_Dependencies)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The .NET dependency file cannot be read: {error}.") from error
    files = _files(document)
    packages = []
    for key, library in document.libraries.items():
        name, slash, version = key.rpartition("/")
        present = library.type in _ALWAYS or (library.type == "package" and (not files or files.get(key, True)))
        if slash and name and version and present:
            packages.append(PackageFact("nuget", name.removeprefix(RUNTIME_PACK), version))
    shared = _SHARED.search(path)
    if shared and shared[1] in SHARED:
        packages.append(PackageFact("generic", SHARED[shared[1]], shared[2]))
    return Evidence(path, NAME, tuple(packages))


def _files(document: _Dependencies) -> dict[str, bool]:
    """Return for each library of the chosen target whether it brings files; empty where none is said to."""
    targets = document.targets or {}
    chosen = document.runtime_target.name if isinstance(document.runtime_target, _Target) else document.runtime_target
    target = targets.get(chosen or "") or next((found for found in targets.values() if found), {})
    brings = {key: files.any for key, files in target.items()}
    return brings if any(brings.values()) else {}


DOTNET = Analyser(NAME, suffixes=(".deps.json",), read=read_dependencies, limit=32 * MIB)
