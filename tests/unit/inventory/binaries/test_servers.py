import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.binaries.servers import ServerProbe
from landwaiter.inventory.binaries.signatures import SIGNATURES

# Texts as they stand in real builds (file name, bytes, product, version).
REAL = [
    ("node", b"\0node.js/v20.18.0\0", "node", "20.18.0"),
    ("libnode.so.108", b"\0node.js/v18.20.4\0", "node", "18.20.4"),
    ("python3.11", b"pymalloc_debug\x003.11.2\0strict", "python", "3.11.2"),
    ("libpython3.12.so.1.0", b"\x003.12.0rc1\0", "python", "3.12.0rc1"),
    ("libpython2.7.so.1.0", b"/opt/versions/2.7.18\0", "python", "2.7.18"),
    ("python3.13", b"\x003.13.0+\0", "python", "3.13.0"),
    ("libruby-3.1.so.3.1.7", b"ruby 3.1.7p261 (2025-03-26 revision 0a3704f218) [x86_64-linux-gnu]\0", "ruby", "3.1.7"),
    ("ruby", b"ruby 3.3.0 (2023-12-25 revision 5124f9ac75) [x86_64-linux]\0", "ruby", "3.3.0"),
    ("php-fpm8.2", b"X-Powered-By: PHP/8.2.36\0", "php", "8.2.36"),
    ("php", b"X-Powered-By: PHP/8.4.0RC1\0", "php", "8.4.0RC1"),
    ("perl", b"PERL_INTERNAL_RAND_SEED\0v5.36.0\0panic", "perl", "5.36.0"),
    ("lua5.4", b"Lua 5.4.4  Copyright (C) 1994-2022 Lua.org, PUC-Rio\0", "lua", "5.4.4"),
    ("bash", b"@(#)Bash version 5.2.15(1) release GNU\0", "bash", "5.2.15"),
    ("busybox", b"BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1)\0", "busybox", "1.35.0"),
    ("libcrypto.so.3", b"OpenSSL 3.0.22 25 Aug 2026\0", "openssl", "3.0.22"),
    (
        "libcrypto-3a0647ea.so.1.1",
        b"OpenSSL 1.1.1k  FIPS 25 Mar 2021\0OpenSSL 1.1.1k  25 Mar 2021\0",
        "openssl",
        "1.1.1k",
    ),
    ("curl", b"\0curl/7.88.1\0", "curl", "7.88.1"),
    ("libcurl.so.4.8.0", b"\0libcurl/7.88.1\0", "curl", "7.88.1"),
    ("git", b"\0git/2.39.5\0GIT_USER_AGENT\0", "git", "2.39.5"),
    ("nginx", b"nginx version: nginx/1.22.1\0", "nginx", "1.22.1"),
    ("nginx", b"nginx version: openresty/1.21.4.1\0", "openresty", "1.21.4.1"),
    ("httpd", b"Apache/2.4.58 (Unix)\0", "apache", "2.4.58"),
    ("lighttpd", b"lighttpd/1.4.69 (ssl) - a light and fast webserver\0", "lighttpd", "1.4.69"),
    ("haproxy", b" version 2.6.12-1+deb12u4, released 2026/10/17\0", "haproxy", "2.6.12"),
    ("varnishd", b"varnish-7.1.1 revision 7cee1c581bead20e88d101ab3d72afb29f14d87a\0", "varnish", "7.1.1"),
    ("squid", b"\0squid/5.7\0", "squid", "5.7"),
    ("redis-server", b"\0err\x007.0.15\0c11-builtin\0", "redis", "7.0.15"),
    ("memcached", b"memcached 1.6.18\0", "memcached", "1.6.18"),
    ("postgres", b"postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\0", "postgresql", "15.20"),
    ("postgres", b"postgres (PostgreSQL) 17beta2\0", "postgresql", "17beta2"),
    ("pgbouncer", b"PgBouncer 1.18.0\0", "pgbouncer", "1.18.0"),
    ("mariadbd", b"\x0010.11.19-MariaDB\0", "mariadb", "10.11.19"),
    ("mysqld", b"/build/mysql-8.0.35-linux/sql/mysqld.cc\0", "mysql", "8.0.35"),
    ("mosquitto", b"\x002.0.11\0mosquitto version %s\n\0", "mosquitto", "2.0.11"),
    ("named", b"BIND 9.18.49-1~deb12u3-Debian\0", "bind", "9.18.49"),
    ("unbound", b"unbound 1.17.1\0", "unbound", "1.17.1"),
    ("dnsmasq", b"\0dnsmasq-2.90\0", "dnsmasq", "2.90"),
    ("proftpd", b"ProFTPD 1.3.8 standalone mode SHUTDOWN\0", "proftpd", "1.3.8"),
    ("vsftpd", b"vsFTPd 3.0.3)\0", "vsftpd", "3.0.3"),
    ("stunnel4", b"stunnel 5.68 on x86_64-pc-linux-gnu platform\0", "stunnel", "5.68"),
    ("keepalived", b"Keepalived v2.2.7 (01/16,2022)\0", "keepalived", "2.2.7"),
    ("sshd", b"command-line\0OpenSSH_9.2\0OpenSSH_9.2p1 Debian-2+deb12u10\0", "openssh", "9.2p1"),
    ("xz", b"xz (XZ Utils) 5.4.1\0", "xz", "5.4.1"),
    ("zstd", b"\0Enabled\0v1.5.4\0Zstandard CLI\0", "zstd", "1.5.4"),
    ("gzip", b"changed while zipping\n\x001.12\0", "gzip", "1.12"),
    ("jq", b"writing output failed: %s\n\x001.6\0DEBUG:\0", "jq", "1.6"),
    ("getopt", b"util-linux 2.38.1\0", "util-linux", "2.38.1"),
    ("ffmpeg", b"%s version 5.1.9-0+deb12u1\0", "ffmpeg", "5.1.9"),
    ("x86_64-linux-gnu-gcc-12", b" zstd\x0012.2.0\0(Debian 12.2.0-14+deb12u1) \0gcc version\0", "gcc", "12.2.0"),
    ("libpypy3.9-c.so", b"[PyPy 7.3.11 with GCC 10.2.1]\0", "pypy", "7.3.11"),
    ("libjulia-internal.so.1.9", b"__init__\x001.9.4\0verify\0", "julia", "1.9.4"),
    ("fluent-bit", b"\x002.2.0\0%sFluent Bit v%s\0", "fluent-bit", "2.2.0"),
    ("xtrabackup", b"/build/percona-xtrabackup-8.0.35/src\0", "percona-xtrabackup", "8.0.35"),
    ("mysqld", b"/mnt/workspace/percona-server-8.0.35/sql/mysqld.cc\0", "percona-server", "8.0.35"),
]


def found(name: str, data: bytes, piece: int = 1 << 16) -> list[tuple[str, str, str]]:
    probe = ServerProbe(name)
    for at in range(0, len(data), piece):
        probe.feed(at, data[at : at + piece])
    return [(package.type, package.name, package.version) for package in probe.result()]


@pytest.mark.parametrize("piece", [5, 1 << 16])
@pytest.mark.parametrize(("name", "text", "product", "version"), REAL)
def test_a_product_is_known_by_its_own_words(name: str, text: bytes, product: str, version: str, piece: int) -> None:
    data = b"\x7fELF" + b"\1" * 3000 + text + b"\1" * 3000
    assert found(name, data, piece) == [("generic", product, version)]


def test_every_signature_is_proved() -> None:
    assert {signature.product for signature in SIGNATURES} <= {product for _, _, product, _ in REAL} | {"valkey"}


@pytest.mark.parametrize(("name", "text", "product", "version"), REAL)
def test_the_words_of_a_product_in_another_file_mean_nothing(
    name: str, text: bytes, product: str, version: str
) -> None:
    assert found("libreoffice", text) == []
    assert found("cat", text) == []


@pytest.mark.parametrize("name", ["nginx", "python3.11", "redis-server", "node", "perl"])
def test_a_name_alone_means_nothing(name: str) -> None:
    assert found(name, b"\x7fELF" + b"usage: %s [options]\x001.2.3\0" * 50) == []


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        (
            "redis-server",
            b"\x003.2.0\x006.2.1\x006.2.14\x006.2.14912196-d8565-1701469167040305114\0",
            ("redis", "6.2.14"),
        ),
        (
            "valkey-server",
            b"\x007.2.4\x009.1.0\x009.1.2\0valkey9.1.22036e910ab2c-179260013845336800000000\0",
            ("valkey", "9.1.2"),
        ),
    ],
)
def test_a_version_that_begins_the_build_identifier(name: str, data: bytes, expected: tuple[str, str]) -> None:
    assert found(name, b"\x7fELF" + data) == [("generic", *expected)]


def test_the_clearest_words_end_the_search() -> None:
    probe = ServerProbe("nginx")
    probe.feed(0, b"nginx version: nginx/1.22.1\0")
    assert probe.done


def test_a_file_of_another_name_is_not_searched() -> None:
    assert ServerProbe("ls").done


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from([name for name, *_ in REAL]), data=st.binary(max_size=400), piece=st.integers(1, 100))
def test_any_bytes(name: str, data: bytes, piece: int) -> None:
    assert all(version for _, _, version in found(name, data, piece))
