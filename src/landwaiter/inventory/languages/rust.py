"""Rust crates, from the list that cargo-auditable puts into programs (its format "version 0", JSON).

`{"packages": [{"name", "version", "source": "crates.io" | "git" | "local" | …, "kind": "runtime" | "build" | "dev",
"dependencies": [index], "root": bool}]}`. Crates that only served to build the program are not in it and are left out.
"""

import msgspec

from landwaiter.errors import InputError
from landwaiter.inventory.models import PackageFact

MAX_PACKAGES = 50_000


class _Crate(msgspec.Struct):
    name: str
    version: str
    kind: str = "runtime"


class _List(msgspec.Struct):
    packages: list[_Crate]


def crates(listing: bytes) -> tuple[PackageFact, ...]:
    """Return the crates that the program is made of, itself included. Raises InputError when it is no such list."""
    try:
        found = msgspec.json.decode(listing, type=_List).packages
    except msgspec.DecodeError as error:
        raise InputError(f"Its cargo-auditable list cannot be read: {error}.") from error
    if len(found) > MAX_PACKAGES:
        raise InputError(f"Its cargo-auditable list names {len(found):,} crates; {MAX_PACKAGES:,} are read at most.")
    return tuple(PackageFact("cargo", crate.name, crate.version) for crate in found if crate.kind == "runtime")
