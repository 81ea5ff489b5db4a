from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.binaries.goformat import BuildInfo, between_markers, read_inline

Builder = Callable[..., bytes]


def test_inline_strings_are_read_once_they_are_complete(inline: Builder) -> None:
    data = inline("go1.21.5", "path\tx\n" + "dep\ta\tv1.0.0\n" * 40)
    needed = 0
    for length in range(32, len(data)):
        found = read_inline(data[:length])
        assert isinstance(found, int)
        assert length < found <= len(data)
        assert found >= needed
        needed = found
    assert read_inline(data + b"rest") == BuildInfo("go1.21.5", "path\tx\n" + "dep\ta\tv1.0.0\n" * 40)


def test_a_program_without_modules_has_a_version_only(inline: Builder) -> None:
    assert read_inline(inline("devel go1.22-abc")) == BuildInfo("devel go1.22-abc", "")


@pytest.mark.parametrize(
    "rest",
    [b"\x06python\x00", b"\xff\xff\xff\xff\xff\xff", b"\x80\x80\x02" + b"g" * 10, b"\x08go1.21.5\xff\xff\xff\xff\x0f"],
)
def test_what_is_no_build_information_is_refused(rest: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_inline(bytes(32) + rest)


def test_markers_without_a_line_between_them_hold_nothing() -> None:
    assert between_markers(b"x" * 40) == ""
    assert between_markers(b"") == ""


@settings(max_examples=200)
@given(st.binary(max_size=80))
def test_any_bytes_end_in_a_result_or_a_value_error(rest: bytes) -> None:
    try:
        found = read_inline(bytes(32) + rest)
    except ValueError:
        return
    assert isinstance(found, BuildInfo) or found > 32 + len(rest)
