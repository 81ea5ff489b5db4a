"""Programs and libraries that tell their version in their own bytes, and how.

A signature is a product, the names its files have, and patterns whose first group is the version. Earlier patterns
speak more clearly and win. Products are named as in Bitnami's catalogue, where they are in it. Patterns were read off
real builds; they name the product wherever it does, so that another program of that name is not taken for it. They
begin with a literal where that is possible: such are searched ten times as fast.
"""

import re
from dataclasses import dataclass
from functools import cache

NUMBERS = rb"(\d{1,4}\.\d{1,4}\.\d{1,5}"
PLAIN = NUMBERS + rb")"
WITH_PRERELEASE = NUMBERS + rb"(?:-?(?:a|b|alpha|beta|rc|RC|dev|pre)\.?\d{0,3})?)"


@dataclass(frozen=True, slots=True)
class Signature:
    """How one product is recognised.

    `build_id` is for a product whose version stands alone among many others: it names texts that begin with the
    version (the version that stands alone and begins one of them is the right one).
    """

    product: str
    names: str
    patterns: tuple[bytes, ...]
    build_id: bytes = b""


ALONE = rb"\x00" + PLAIN + rb"(?=\x00)"

SIGNATURES: tuple[Signature, ...] = (
    Signature("node", r"node(js)?|libnode\.so.*", (rb"node\.js/v" + PLAIN, rb"/release/v" + PLAIN + rb"/node-v")),
    Signature("ruby", r"ruby[\d.]*|libruby.*\.so.*", (rb"ruby " + PLAIN + rb"(?:p\d+|dev|preview\d|rc\d)? \(\d{4}-",)),
    Signature(
        "php", r"php[\d.]*|php-?(fpm|cgi|cli)[\d.]*|libphp[\d.]*\.so", (rb"X-Powered-By: PHP/" + WITH_PRERELEASE,)
    ),
    Signature(
        "perl", r"perl(5[\d.]*)?|libperl\.so.*", (rb"v(?<=\x00v)" + PLAIN + rb"\x00", rb"/perl5?/" + PLAIN + rb"\x00")
    ),
    Signature("lua", r"lua[\d.]*|liblua[\d.-]*\.so.*", (rb"Lua " + PLAIN + rb"  Copyright",)),
    Signature("bash", r"bash", (rb"@\(#\)Bash version " + PLAIN,)),
    Signature("busybox", r"busybox.*", (rb"BusyBox v(\d+\.\d+(?:\.\d+)?)",)),
    Signature(
        "openssl",
        r"openssl|lib(crypto|ssl)[.-].*",
        (rb"OpenSSL (\d\.\d{1,2}\.\d{1,3}[a-z]{0,2})(?:-[a-z0-9-]+)?(?:\+[\w.]+)? +\d{1,2} [A-Z][a-z]{2} \d{4}",),
    ),
    Signature("curl", r"curl|libcurl[.-].*", (rb"curl/" + PLAIN,)),
    Signature("git", r"git", (rb"git/" + PLAIN,)),
    Signature("nginx", r"nginx.*", (rb"nginx version: nginx/" + PLAIN, rb"Server: nginx/" + PLAIN)),
    Signature("openresty", r"nginx|openresty", (rb"nginx version: openresty/(\d+(?:\.\d+){2,3})",)),
    Signature("apache", r"httpd|apache2?", (rb"Apache/" + PLAIN,)),
    Signature("lighttpd", r"lighttpd", (rb"lighttpd/" + PLAIN,)),
    Signature("haproxy", r"haproxy", (rb" version " + PLAIN + rb"[^,\x00]{0,40}, released \d{4}/",)),
    Signature("varnish", r"varnishd", (rb"varnish-" + PLAIN + rb" revision",)),
    Signature("squid", r"squid", (rb"squid/(\d+\.\d+(?:\.\d+)?)",)),
    Signature(
        "redis",
        r"redis-(server|check-rdb|check-aof|sentinel)",
        (rb"\x00" + PLAIN + rb"\x00(?:c11-builtin|sync-builtin|atomic-builtin)\x00",),
        rb"\x00(\d{1,3}\.[^\x00]{0,200}-1\d{9}[01\d]?\d{0,19}[0-9a-f]{0,20})\x00",
    ),
    Signature(
        "valkey", r"valkey-(server|check-rdb|check-aof|sentinel)", (), rb"\x00valkey(\d[^\x00]{0,200}-1\d{9}\w*)\x00"
    ),
    Signature("memcached", r"memcached", (rb"memcached " + PLAIN,)),
    Signature("postgresql", r"postgres", (rb"postgres \(PostgreSQL\) (\d+(?:\.\d+){1,2}|\d+(?:beta|rc)\d+)",)),
    Signature("pgbouncer", r"pgbouncer", (rb"PgBouncer " + PLAIN,)),
    Signature("mariadb", r"mariadbd|mysqld|mariadb", (rb"\x00" + PLAIN + rb"-MariaDB",)),
    Signature("mysql", r"mysqld|mysql", (rb"/mysql-" + PLAIN + rb"[-/]",)),
    Signature("mosquitto", r"mosquitto", (rb"\x00" + PLAIN + rb"\x00mosquitto version",)),
    Signature("bind", r"named", (rb"BIND (9\.\d{1,3}\.\d{1,3})",)),
    Signature("unbound", r"unbound", (rb"unbound " + PLAIN,)),
    Signature("dnsmasq", r"dnsmasq", (rb"dnsmasq-(\d+\.\d+)",)),
    Signature("proftpd", r"proftpd", (rb"ProFTPD (\d+\.\d+\.\d+[a-z]?)",)),
    Signature("vsftpd", r"vsftpd", (rb"vsFTPd " + PLAIN,)),
    Signature("stunnel", r"stunnel[45]?", (rb"stunnel (\d+\.\d+) on ",)),
    Signature("keepalived", r"keepalived", (rb"Keepalived v" + PLAIN,)),
    Signature("openssh", r"sshd?", (rb"OpenSSH_(\d{1,2}\.\d{1,2}p\d)",)),
    Signature("xz", r"xz|lzma|liblzma[.-].*", (rb"XZ Utils\) " + WITH_PRERELEASE,)),
    Signature("zstd", r"zstd|zstdmt", (rb"v(?<=\x00v)" + PLAIN + rb"\x00",)),
    Signature("gzip", r"gzip", (rb"\x00(1\.\d{1,2}(?:\.\d{1,2})?)\x00",)),
    Signature("jq", r"jq", (rb"\x00(?:jq-)?(1\.\d{1,2}(?:\.\d{1,2})?(?:rc\d)?)\x00",)),
    Signature("util-linux", r"getopt", (rb"util-linux (2\.\d{1,2}(?:\.\d{1,2})?)[\s\x00-]",)),
    Signature("ffmpeg", r"ffmpeg|ffprobe", (rb"%s version n?(\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)[-+\x00]",)),
    Signature("gcc", r"(?:[\w-]+-)?gcc(?:-[\d.]+)?", (rb"\x00" + PLAIN + rb"\x00\([^\x00]{1,80}\) \x00",)),
    Signature("pypy", r"libpypy.*\.so.*|pypy[\d.]*-?c?", (rb"\[PyPy " + PLAIN,)),
    Signature("julia", r"libjulia-internal\.so.*", (rb"__init__\x00" + PLAIN + rb"\x00verify",)),
    Signature("fluent-bit", r"fluent-bit", (rb"\x00v?" + PLAIN + rb"\x00[^\x00]{0,40}Fluent Bit",)),
    Signature("percona-server", r"mysqld?", (rb"/percona-server-" + PLAIN,)),
    Signature("percona-xtrabackup", r"xtrabackup", (rb"/percona-xtrabackup-" + PLAIN,)),
)

_ANY = "|".join(f"(?:{signature.names})" for signature in SIGNATURES) + r"|(?:lib)?python[23]\..*"
_PYTHON = re.compile(r"(?:lib)?python([23])\.(\d{1,2})\w{0,2}(?:\.so.*)?")


@cache
def _any() -> re.Pattern[str]:
    """Return the expression for all names together, compiled when the first program is met."""
    return re.compile(_ANY)


def signatures_of(name: str) -> tuple[Signature, ...]:
    """Return the signatures of the files that are called `name`."""
    if not _any().fullmatch(name):
        return ()
    python = _PYTHON.fullmatch(name)
    if python:
        return (_python(python[1].encode(), python[2].encode()),)
    return tuple(signature for signature in SIGNATURES if re.fullmatch(signature.names, name))


def _python(major: bytes, minor: bytes) -> Signature:
    """Make Python's signature: the full version stands alone, and begins with that of the file's name.

    A linker may merge it with the end of the installation's path, so that it follows a slash.
    """
    start = major + rb"\." + minor + rb"\."
    before = rb"(?:(?<=\x00" + start + rb")|(?<=/" + start + rb"))"
    return Signature("python", "", (rb"(" + start + before + rb"\d{1,3}(?:(?:a|b|rc)\d{1,2})?)\+?\x00",))
