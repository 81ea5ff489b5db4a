import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.languages.pear import PEAR, read_registered
from landwaiter.inventory.models import PackageFact

PATH = "usr/local/lib/php/.registry/.channel.pecl.php.net/redis.reg"
REDIS = (
    b'a:23:{s:4:"name";s:5:"redis";s:7:"channel";s:12:"pecl.php.net";s:7:"summary";s:1:"x";s:4:"lead";a:1:{s:4:"name";'
    b's:3:"Joe";}s:7:"version";a:2:{s:7:"release";s:5:"5.3.7";s:3:"api";s:5:"5.3.0";}s:7:"license";a:2:{s:7:"attribs";'
    b'a:1:{s:3:"uri";s:8:"http://x";}s:8:"_content";s:3:"PHP";}}'
)


def test_an_extension_and_a_package() -> None:
    assert read_registered(PATH, REDIS).packages == (PackageFact("pecl", "redis", "5.3.7", licenses=("PHP",)),)
    archive = REDIS.replace(b'12:"pecl.php.net"', b'12:"pear.php.net"').replace(b'5:"redis"', b'11:"Archive_Tar"')
    assert read_registered(PATH, archive).packages[0].type == "pear"
    assert read_registered(PATH, archive).packages[0].name == "Archive_Tar"


def test_only_the_registry_is_wanted() -> None:
    assert PEAR.wants
    assert PEAR.wants(PATH)
    assert PEAR.wants("usr/local/lib/php/.registry/pear.reg")
    assert not PEAR.wants("srv/windows.reg")


@pytest.mark.parametrize("content", [b"", b"a:0:{}", REDIS[:100], REDIS.replace(b"release", b"relaxed")])
def test_what_names_no_package(content: bytes) -> None:
    with pytest.raises(InputError):
        read_registered(PATH, content)


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    with contextlib.suppress(InputError):
        read_registered(PATH, content)
