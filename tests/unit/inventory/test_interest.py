import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory import notable, relevance, secrets
from landwaiter.inventory.accounts import PATHS
from landwaiter.inventory.analysers import ANALYSERS
from landwaiter.inventory.dispatch import Dispatch
from landwaiter.inventory.interest import Interest

DISPATCH = Dispatch(ANALYSERS)
INTEREST = Interest(DISPATCH)
FOLDERS = st.sampled_from([
    "", "app", "usr", "usr/bin", "usr/lib", "etc", "var/lib/dpkg", "var/lib/dpkg/info", "var/lib/dpkg/status.d", "node_modules", "@x",
    "app/node_modules/@scope", "site-packages", "root/.aws", "root/.cache/pip", "var/cache/apk", "nix/store/abc", "conda-meta", ".git",
    "usr/lib/x86_64-linux-gnu", "x.dist-info", "EGG-INFO", "os.release.d", "var/db/pkg/sys", "a/b/c", ".pnpm/x/node_modules", "bin",
])  # fmt: skip
NAMES = st.one_of(
    st.sampled_from([
        "package.json", "METADATA", "status", "installed", "rpmdb.sqlite", "Packages", "a.list", "a.JAR", "x.deps.json", "os-release", ".env",
        ".env.local", "credentials", "id_rsa", "Dockerfile", "busybox", "sh", "ld-linux.so.2", "libc.so.6", "libc.musl-x86.so.1", "node_modules",
        "passwd", "shadow", "config.json", "config", "x.pem", "x.py", "index.js", "lib", "a.whl", "x.egg-info", "x.egg", "copyright", "desc",
        "settings.py", "a.spdx", "b.cdx.json", "installed.json", "release", "DESCRIPTION", "x.gemspec", "app", "opkg",
    ]),
    st.text("abc.-_@J", min_size=1, max_size=8),
)  # fmt: skip


@settings(max_examples=700)
@given(st.lists(FOLDERS, max_size=2), NAMES)
def test_no_rule_wants_what_is_said_not_to_matter(folders, name):
    path = "/".join(part for part in (*folders, name) if part)
    if INTEREST.may_matter(path):
        return
    assert DISPATCH.choose(path) is None
    assert not notable.notable_file(path)
    assert not notable.cache_folder(path)
    assert not secrets.suspicious(path)
    assert not relevance.may_replace(path)
    assert not relevance.trace_of(path)
    assert path not in PATHS


@pytest.mark.parametrize(
    "path",
    ["app/x/y/z/main.py", "app/node_modules/x/lib/index.js", "usr/share/man/man1/ls.1.gz", "usr/lib/python3/a.pyc"],
)
def test_most_files_do_not_matter(path):
    interest = Interest(DISPATCH)
    assert not interest.may_matter(path)
    assert not interest.may_matter(path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/node_modules/x", True),
        ("app/node_modules/@s/x", True),
        ("app/node_modules/x/node_modules/.pnpm/a/node_modules/b", False),
        ("opt/app", True),
        ("lib", True),
        ("usr/lib/python3/dist-packages/six.py", False),
        ("usr/lib/python3/dist-packages/six-1.dist-info", True),
        ("usr/bin/ls", False),
        ("a/b/c", False),
        ("var/lib/rpm", True),
    ],
)
def test_what_may_replace_a_folder(path, expected):
    assert relevance.may_replace(path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("usr/bin/python3.11", True),
        ("bin/ls", True),
        ("usr/lib/x86_64-linux-gnu/libssl.so.3", True),
        ("usr/lib/go-1.19/bin/go", True),
        ("usr/local/bin/x", False),
        ("opt/x/bin/y", False),
        ("usr/share/doc/x/y", False),
        ("usr/lib/python3/x.py", False),
    ],
)
def test_programs(path, expected):
    assert relevance.is_program(path) is expected


@pytest.mark.parametrize(
    ("path", "trace"),
    [
        ("bin/busybox", "busybox"),
        ("usr/bin/sh", "a shell"),
        ("lib64/ld-linux-x86-64.so.2", "a C library"),
        ("lib/ld-musl-x86_64.so.1", "a C library"),
        ("usr/lib/aarch64-linux-gnu/libc.so.6", "a C library"),
        ("nix/store/abc-bash/bin/bash", "Nix"),
        ("var/db/pkg/sys-apps/x", "Portage"),
        ("app/bin/sh", ""),
        ("opt/lib/libc.so.6", ""),
    ],
)
def test_traces(path, trace):
    assert relevance.trace_of(path) == trace


@settings(max_examples=700)
@given(
    st.lists(FOLDERS, max_size=2),
    NAMES,
    st.sampled_from(["", "./", "/", "a/../", ".//"]),
    st.sampled_from([0o644, 0o755, 0o4644, 0o666]),
)
def test_what_is_ignored_by_its_header_does_not_matter(folders, name, start, mode):
    path = "/".join(part for part in (*folders, name) if part)
    if INTEREST.ignores((start + path).encode().ljust(100, b"\0")[:100], mode):
        assert not INTEREST.may_matter(path)
        assert mode == 0o644


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"app/x/y/z/main.py", True),
        (b"./app/x/y/z/main.py", True),
        (b"app/x/y/z/.wh.main.py", False),
        (b"app/x/y/z/..", False),
        (b"app/x/y/z/", False),
        (b"../../etc/x/y/main.py", False),
        (b"app/x/y/z/\xffmain.py", False),
        (b"app/x/y\0/z/main.py", False),
        (b"app/node_modules/x/package.json", False),
    ],
)
def test_headers_that_are_ignored(field, expected):
    assert Interest(DISPATCH).ignores(field.ljust(100, b"\0"), 0o644) is expected


def test_the_name_of_evidence_is_ignored_no_more():
    interest = Interest(DISPATCH)
    field = b"app/x/y/z/tool".ljust(100, b"\0")
    assert interest.ignores(field, 0o644)
    interest.remember("app/x/y/z/tool")
    assert not interest.ignores(field, 0o644)
