import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.languages.rust import crates
from landwaiter.inventory.models import PackageFact


def test_what_served_only_to_build_is_left_out() -> None:
    listing = {
        "packages": [
            {"name": "app", "version": "0.3.1", "source": "local", "root": True, "dependencies": [1]},
            {"name": "itoa", "version": "1.0.5", "source": "crates.io", "kind": "runtime"},
            {"name": "cc", "version": "1.0.83", "source": "crates.io", "kind": "build"},
        ],
        "format": 1,
    }
    assert crates(json.dumps(listing).encode()) == (
        PackageFact("cargo", "app", "0.3.1"),
        PackageFact("cargo", "itoa", "1.0.5"),
    )


@pytest.mark.parametrize(
    "listing",
    [b"", b"[]", b'{"packages":{}}', b'{"packages":[{"name":"a"}]}', b'{"packages":[{"name":1,"version":"1"}]}'],
)
def test_another_document_is_refused(listing: bytes) -> None:
    with pytest.raises(InputError):
        crates(listing)


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_any_bytes(listing: bytes) -> None:
    with pytest.raises(InputError):
        crates(listing)
