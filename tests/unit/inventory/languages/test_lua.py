import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.languages.lua import ROCKSPEC, read_rockspec
from landwaiter.inventory.models import PackageFact

PATH = "usr/local/lib/luarocks/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec"
LPEG = b"""rockspec_format = "3.0"
package = 'LPeg'
version = "1.0.2-1"
source = { url = "http://x" }
description = {
   summary = "a package",
   license = "MIT/X11"
}
dependencies = { "lua >= 5.1" }
"""


def test_name_version_and_licence() -> None:
    for content in (LPEG, LPEG.replace(b"\n", b"\r\n")):
        assert read_rockspec(PATH, content).packages == (
            PackageFact("luarocks", "LPeg", "1.0.2-1", licenses=("MIT/X11",)),
        )


def test_only_installed_rocks_are_wanted() -> None:
    assert ROCKSPEC.wants
    assert ROCKSPEC.wants(PATH)
    assert ROCKSPEC.wants("usr/share/lua/rocks/x/1-1/x-1-1.rockspec")
    assert not ROCKSPEC.wants("src/lpeg/lpeg-1.0.2-1.rockspec")


@pytest.mark.parametrize("content", [b"", b'package = "a b"\nversion = "1"', b'package = name\nversion = "1"'])
def test_what_would_have_to_be_run(content: bytes) -> None:
    with pytest.raises(InputError):
        read_rockspec(PATH, content)


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    with contextlib.suppress(InputError):
        read_rockspec(PATH, content)
