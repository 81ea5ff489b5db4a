import contextlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.analysers import ANALYSERS
from landwaiter.inventory.dispatch import Dispatch
from landwaiter.inventory.languages.node import read_package_json, read_yarn_zip

PATH = "app/node_modules/x/package.json"


def package(content, path=PATH):
    evidence = read_package_json(path, content)
    return evidence.packages[0] if evidence and evidence.packages else None


def test_name_and_version():
    found = package(
        b'{"name": "@types/node", "version": "1.2.3-beta+x", "license": "MIT", "dependencies": {"a": [1, {}]}}'
    )
    assert (found.type, found.name, found.version, found.licenses) == ("npm", "@types/node", "1.2.3-beta+x", ("MIT",))


def test_a_byte_order_mark_is_no_hindrance():
    assert package(b'\xef\xbb\xbf{"name": "a", "version": "1"}').name == "a"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('"license": {"type": "ISC", "url": "x"}', ("ISC",)),
        ('"licenses": [{"type": "MIT"}, {"type": "BSD"}]', ("MIT", "BSD")),
        ('"license": ["MIT", "ISC"]', ("MIT", "ISC")),
        ('"license": 5', ()),
        ('"license": ""', ()),
        ('"license": [[["MIT"]], {"type": {"type": {}}}]', ()),
    ],
)
def test_licences(fields, expected):
    assert package(f'{{"name": "a", "version": "1", {fields}}}'.encode()).licenses == expected


@pytest.mark.parametrize(
    "content",
    [b'{"type": "commonjs"}', b'{"name": "a"}', b'{"name": 1, "version": "1"}', b'{"name": "a b", "version": "1"}'],
)
def test_what_is_no_package(content):
    assert read_package_json(PATH, content).packages == ()
    assert read_package_json("app/package.json", content) is None


@pytest.mark.parametrize(
    ("path", "name", "known"),
    [
        ("node_modules/next/dist/compiled/react-is/package.json", "react-is", True),
        ("node_modules/next/dist/compiled/@babel/runtime/package.json", "@babel/runtime", True),
        ("node_modules/@a/b/vendor/c/package.json", "c", True),
        ("node_modules/next/dist/compiled/react-is/package.json", "other", False),
        ("node_modules/terser/bin/package.json", "bin", False),
        ("node_modules/x/test/vendor/c/package.json", "c", False),
    ],
)
def test_packages_that_another_one_carries(path, name, known):
    content = f'{{"name": "{name}", "version": "1.0.0"}}'.encode()
    chosen = Dispatch(ANALYSERS).choose(f"srv/{path}")
    found = chosen and chosen.read and chosen.read(f"srv/{path}", content)
    assert bool(found and found.packages) is known


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"name": "a", "version": "1"} x', b"[" * 100000])
def test_what_is_no_json_object(content):
    with pytest.raises(InputError):
        read_package_json(PATH, content)
    assert read_package_json("app/package.json", content) is None


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("node_modules/x/package.json", True),
        ("app/node_modules/@scope/x/package.json", True),
        ("app/node_modules/x/node_modules/y/package.json", True),
        ("app/node_modules/.pnpm/x@1.0.0/node_modules/x/package.json", True),
        ("app/node_modules/.pnpm/@s+x@1.0.0/node_modules/@s/x/package.json", True),
        ("app/.yarn/unplugged/x-npm-1.0.0-abc/node_modules/x/package.json", True),
        ("usr/local/lib/node_modules/npm/package.json", True),
        ("opt/yarn-v1.22.19/package.json", True),
        ("usr/share/nodejs/acorn/package.json", True),
        ("app/package.json", True),
        ("app/node_modules/x/dist/cjs/package.json", False),
        ("app/node_modules/x/test/fixtures/y/package.json", False),
        ("app/node_modules/@scope/package.json", False),
        ("app/node_modules/.cache/package.json", False),
        ("app/node_modules/package.json", False),
        ("app/test/fixtures/x/package.json", False),
        ("app/examples/x/package.json", False),
    ],
)
def test_places(path, wanted):
    chosen = Dispatch(ANALYSERS).choose(path)
    assert (chosen is not None and chosen.name == "node") == wanted


def zipped(*names, content=b'{"name": "a", "version": "1"}'):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_yarn_cache():
    path = "app/.yarn/cache/a-npm-1-0123.zip"
    chosen = Dispatch(ANALYSERS).choose(path)
    assert chosen is not None
    assert chosen.name == "yarn-cache"
    evidence = read_yarn_zip(path, zipped("node_modules/a/package.json", "node_modules/a/test/package.json"))
    assert [(found.name, found.path) for found in evidence.packages] == [("a", f"{path}!/node_modules/a/package.json")]
    with pytest.raises(InputError):
        read_yarn_zip(path, b"PK")
    with pytest.raises(InputError):
        read_yarn_zip(path, zipped("node_modules/a/package.json", content=b"{"))


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_random_bytes(content):
    for read in (read_package_json, read_yarn_zip):
        with contextlib.suppress(InputError):
            read(PATH, content)
