import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from landwaiter.errors import InputError
from landwaiter.inventory.languages.conda import CONDA, read_record

PATH = "opt/conda/conda-meta/numpy-1.26.4-py311h64a7726_0.json"
RECORD = {
    "name": "numpy", "version": "1.26.4", "build": "py311h64a7726_0", "build_number": 0, "subdir": "linux-64",
    "channel": "https://conda.anaconda.org/conda-forge/linux-64", "license": "BSD-3-Clause", "files": ["lib/x"],
}  # fmt: skip


def test_a_record_with_what_tells_its_build_apart() -> None:
    (package,) = read_record(PATH, json.dumps(RECORD).encode()).packages
    assert (package.type, package.name, package.version, package.arch) == ("conda", "numpy", "1.26.4", "linux-64")
    assert package.licenses == ("BSD-3-Clause",)
    purl = PackageURL.from_string(package.purl)
    assert (purl.name, purl.version) == ("numpy", "1.26.4")
    assert purl.qualifiers == {"build": "py311h64a7726_0", "channel": "conda-forge", "subdir": "linux-64"}


def test_a_record_that_says_little() -> None:
    (package,) = read_record(
        PATH, b'{"name":"ca certs","version":"2024","channel":"defaults","subdir":"noarch","license":null}'
    ).packages
    assert (package.arch, package.licenses) == ("", ())
    assert package.purl == "pkg:conda/ca%20certs@2024?channel=defaults&subdir=noarch"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"name":"","version":"1"}', b'{"name":"a","version":1}', b"[]"])
def test_another_document_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read_record(PATH, content)


def test_the_history_file_is_not_wanted() -> None:
    assert CONDA.wants(PATH)
    assert not CONDA.wants("opt/conda/conda-meta/history")


@settings(max_examples=50)
@given(st.binary(max_size=80))
def test_any_bytes(content: bytes) -> None:
    with pytest.raises(InputError):
        read_record(PATH, content)
