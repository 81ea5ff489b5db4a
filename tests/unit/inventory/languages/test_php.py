import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.languages.php import COMPOSER, read_installed
from landwaiter.inventory.models import PackageFact

PATH = "srv/app/vendor/composer/installed.json"
PACKAGES = [
    {
        "name": "symfony/http-kernel",
        "version": "v5.4.0",
        "version_normalized": "5.4.0.0",
        "license": ["MIT"],
        "dist": {"url": "x"},
    },
    {"name": "Twig/Twig", "version": "dev-main", "license": "BSD-3-Clause"},
    {"name": "acme/none", "version": ""},
]
EXPECTED = (
    PackageFact("composer", "symfony/http-kernel", "v5.4.0", licenses=("MIT",)),
    PackageFact("composer", "twig/twig", "dev-main", licenses=("BSD-3-Clause",)),
)


def test_lists_of_composer_1_and_2() -> None:
    assert read_installed(PATH, json.dumps(PACKAGES).encode()).packages == EXPECTED
    assert (
        read_installed(PATH, json.dumps({"packages": PACKAGES, "dev": True, "dev-package-names": []}).encode()).packages
        == EXPECTED
    )


def test_only_composers_own_list_is_wanted() -> None:
    assert COMPOSER.wants(PATH)
    assert not COMPOSER.wants("srv/app/installed.json")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"packages":[{"name":1}]}', b"[[", b"[1]", b'\xff\xfe{"packages":[]}']
)
def test_another_document_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read_installed(PATH, content)


@settings(max_examples=50)
@given(st.binary(max_size=80))
def test_any_bytes(content: bytes) -> None:
    try:
        read_installed(PATH, content)
    except InputError:
        return
