import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.languages.cran import read_description
from landwaiter.inventory.models import Evidence, PackageFact

PATH = "usr/local/lib/R/site-library/rlang/DESCRIPTION"
TEXT = b"""Package: rlang
Version: 1.0.6
Title: Functions for Base Types and Core R and 'Tidyverse' Features
Authors@R: c(
    person("Lionel", "Henry"),
    person("Hadley", "Wickham", role = "aut",
           comment = "Version: 9.9.9"))
License: MIT + file
  LICENSE
Built: R 4.2.2; x86_64-pc-linux-gnu; 2022-11-19 18:32:22 UTC; unix
"""


def test_an_installed_package() -> None:
    expected = PackageFact("cran", "rlang", "1.0.6", licenses=("MIT + file LICENSE",))
    assert read_description(PATH, TEXT) == Evidence(PATH, "r-library", (expected,))
    assert read_description(PATH, TEXT.replace(b"\n", b"\r\n")).packages == (expected,)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("src/rlang/DESCRIPTION", TEXT.replace(b"Built:", b"Packaged:")),
        ("src/other/DESCRIPTION", TEXT),
        ("DESCRIPTION", TEXT),
        (PATH, TEXT.replace(b"Version: 1.0.6", b"Version: x")),
        (PATH, b""),
    ],
)
def test_another_description_says_nothing(path: str, content: bytes) -> None:
    assert read_description(path, content) is None


def test_what_lies_in_a_library_is_installed() -> None:
    path = "usr/lib/R/library/translations/DESCRIPTION"
    found = read_description(path, b"Package: translations\nVersion: 4.2.2\nLicense: Part of R 4.2.2\n")
    assert found is not None
    assert found.packages == (PackageFact("cran", "translations", "4.2.2", licenses=("Part of R 4.2.2",)),)


@settings(max_examples=50)
@given(st.binary(max_size=100))
def test_any_bytes(content: bytes) -> None:
    found = read_description(PATH, b"Package: rlang\nBuilt: R\n" + content)
    assert found is None or found.packages[0].name == "rlang"
