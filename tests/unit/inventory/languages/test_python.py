import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.analysers import ANALYSERS
from landwaiter.inventory.dispatch import Dispatch
from landwaiter.inventory.languages.python import read_egg, read_metadata

SITE = "opt/app/site-packages"


def package(content, path=f"{SITE}/x-1.0.dist-info/METADATA"):
    return read_metadata(path, content).packages[0]


def test_name_as_declared():
    found = package(b"Metadata-Version: 2.1\nName: Zope.Interface_X\nVersion: 1.0.post1\n\nName: other\n")
    assert (found.type, found.name, found.version) == ("pypi", "Zope.Interface_X", "1.0.post1")


def test_crlf_and_latin_1():
    found = package("Name: x\r\nVersion: 1\r\nAuthor: Müller\r\n\r\nText".encode("latin-1"))
    assert (found.name, found.version) == ("x", "1")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: x\n", ("MIT OR Apache-2.0",)),
        ("License: BSD-3-Clause\n", ("BSD-3-Clause",)),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n", ("MIT License",)),
        ("License: " + "long text " * 30 + "\nClassifier: License :: OSI Approved :: ISC\n", ("ISC",)),
        ("", ()),
    ],
)
def test_licences(lines, expected):
    assert package(f"Name: x\nVersion: 1\n{lines}".encode()).licenses == expected


def test_the_folder_speaks_where_the_metadata_does_not():
    found = package(b"", f"{SITE}/Some_Thing-2.5.dist-info/METADATA")
    assert (found.name, found.version) == ("Some_Thing", "2.5")


@pytest.mark.parametrize("content", [b"", b"Name: x\n", b"Version: 1\n", b"Name: a b\nVersion: 1\n"])
def test_metadata_without_a_package_is_refused(content):
    with pytest.raises(InputError):
        read_metadata(f"{SITE}/x.egg-info/PKG-INFO", content)


def egg(name="EGG-INFO/PKG-INFO", content=b"Name: egg\nVersion: 3\n"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def test_eggs():
    assert read_egg(f"{SITE}/egg-3-py3.egg", egg()).packages[0].name == "egg"
    for broken in (b"", b"PK\x03\x04", egg()[:-30], egg(name="x"), egg(content=b"")):
        with pytest.raises(InputError):
            read_egg("x.egg", broken)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (f"{SITE}/x-1.dist-info/METADATA", "python"),
        ("x.egg-info/PKG-INFO", "python"),
        (f"{SITE}/x.egg/EGG-INFO/PKG-INFO", "python"),
        ("EGG-INFO/PKG-INFO", "python"),
        ("usr/lib/python3/dist-packages/x-1.egg-info", "python"),
        (f"{SITE}/x-1-py3.11.egg", "python-egg"),
        ("src/x/PKG-INFO", None),
        ("x/METADATA", None),
        (f"{SITE}/x-1.dist-info/RECORD", None),
    ],
)
def test_places(path, wanted):
    chosen = Dispatch(ANALYSERS).choose(path)
    assert (chosen.name if chosen else None) == wanted


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_random_bytes(content):
    for read in (read_metadata, read_egg):
        with pytest.raises(InputError):
            read("x", content)
