import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.languages.java.metadata import (
    Coordinates,
    coordinates,
    read_manifest,
    read_pom_version,
    read_properties,
)


def test_a_manifest_ends_where_its_sections_begin() -> None:
    text = b"Manifest-Version: 1.0\r\nBundle-SymbolicName: org.example.very\r\n .long.name;singleton:=true\r\nEmpty:\r\n\r\nName: a.class\r\nImplementation-Version: 9\r\n"
    assert read_manifest(text) == {
        "Manifest-Version": "1.0",
        "Bundle-SymbolicName": "org.example.very.long.name;singleton:=true",
        "Empty": "",
    }


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_all_line_ends(end: bytes) -> None:
    assert read_manifest(b"A: 1" + end + b"B: 2" + end) == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    "text",
    [
        b"version=1.0\ngroupId=g\nartifactId=a\n",
        b"groupId: g\r\nartifactId : a\r\nversion = 1.0\r\n",
        b"#x\nartifactId a\ngroupId\tg\nversion=1.0",
    ],
)
def test_properties_in_every_spelling(text: bytes) -> None:
    assert read_properties(text) == Coordinates("g", "a", "1.0")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"version=1\nartifactId=a",
        b"version=${v}\ngroupId=g\nartifactId=a",
        b"version=1\ngroupId=a b\nartifactId=a",
    ],
)
def test_placeholders_and_gaps_name_no_artifact(text: bytes) -> None:
    assert read_properties(text) is None


def test_an_artifact_without_group_is_named_by_itself() -> None:
    assert coordinates("", "a", "1").name == "a"
    assert coordinates("g", "a", "1").name == "g:a"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            b'<project xmlns="http://maven.apache.org/POM/4.0.0"><parent><version>1</version></parent><version> 2.0 </version></project>',
            "2.0",
        ),
        (
            b"<project><parent><groupId>g</groupId><version>1.5</version></parent><artifactId>a</artifactId></project>",
            "1.5",
        ),
        (b"<project/>", ""),
        (b"<project>", ""),
        (b"", ""),
        (b'<!DOCTYPE p [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><project><version>&b;</version></project>', ""),
    ],
)
def test_the_version_in_a_pom(text: bytes, version: str) -> None:
    assert read_pom_version(text) == version


@pytest.mark.parametrize("text", [b"version" + b" " * 200_000 + b"x" * 600, b"\n" * 250_000, b"version=" * 30_000])
def test_hostile_properties_take_no_longer_than_their_length(text: bytes) -> None:
    started = time.monotonic()
    read_properties(text)
    read_manifest(text)
    assert time.monotonic() - started < 2


@settings(max_examples=80)
@given(st.binary(max_size=100))
def test_any_bytes(text: bytes) -> None:
    read_manifest(text)
    read_pom_version(b"<project>" + text)
    found = read_properties(b"groupId=g\nartifactId=a\n" + text)
    assert found is None or found.artifact
