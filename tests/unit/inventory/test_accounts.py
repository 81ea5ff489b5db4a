import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.accounts import MAX_ACCOUNTS, PASSWD, SHADOW, read_accounts


def test_passwd():
    content = b"root:x:0:0:root:/root:/bin/bash\napp::1000:1000::/home/app:\nbin:*:1:1:bin:/bin:/sbin/nologin\nold:aB3xy:7:7:::\n"
    found = read_accounts(PASSWD, content)
    assert [(one.name, one.uid, one.gid, one.password, one.shell) for one in found] == [
        ("root", 0, 0, "shadow", "/bin/bash"),
        ("app", 1000, 1000, "empty", ""),
        ("bin", 1, 1, "locked", "/sbin/nologin"),
        ("old", 7, 7, "set", ""),
    ]


def test_shadow_never_keeps_a_hash():
    found = read_accounts(
        SHADOW, b"root:$6$salt$verysecrethash:19000:0:99999:7:::\nempty::1::::::\nlocked:!:1::::::\nstar:*:1::::::\n"
    )
    assert [(one.name, one.password) for one in found] == [
        ("root", "set"),
        ("empty", "empty"),
        ("locked", "locked"),
        ("star", "locked"),
    ]
    assert "verysecrethash" not in repr(found)


@pytest.mark.parametrize("line", [b"", b"#root:x:0:0", b"+::::::", b"no-colon", b":x:0:0", b"a:x:0"])
def test_lines_that_are_no_accounts(line):
    assert read_accounts(PASSWD, line + b"\n") == ()


def test_ids_that_are_no_numbers():
    (found,) = read_accounts(PASSWD, b"a:x:-1:99999999999999999999:::\n")
    assert (found.uid, found.gid) == (-1, -1)


def test_at_most_so_many():
    assert len(read_accounts(PASSWD, b"a:x:1:1:::\n" * (MAX_ACCOUNTS + 5))) == MAX_ACCOUNTS


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_random_bytes(content):
    for path in (PASSWD, SHADOW):
        for found in read_accounts(path, content):
            assert found.password in ("empty", "locked", "set", "shadow")
