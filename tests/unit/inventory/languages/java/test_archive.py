import functools
import time
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.languages.java import archive
from landwaiter.inventory.languages.java.archive import JAVA_ARCHIVE, read_archive

Builder = Callable[..., bytes]

LANG3 = ("org.apache.commons", "commons-lang3", "3.12.0")
GUAVA = ("com.google.guava", "guava", "31.1-jre")


def found(path: str, data: bytes) -> list[tuple[str, str, str]]:
    evidence = read_archive(path, data)
    assert (evidence.path, evidence.analyser) == (path, "java-archive")
    assert {package.type for package in evidence.packages} <= {"maven"}
    return [(package.name, package.version, package.path) for package in evidence.packages]


@pytest.mark.parametrize("name", ["commons-lang3.jar", "commons-lang3-3.12.0.jar", "renamed.jar"])
def test_a_jar_that_maven_built(jar: Builder, name: str) -> None:
    assert found(f"opt/{name}", jar(maven=(LANG3,))) == [("org.apache.commons:commons-lang3", "3.12.0", "")]


def test_shaded_artifacts_are_packages_too(jar: Builder) -> None:
    data = jar(maven=(GUAVA, LANG3), manifest={"Implementation-Title": "x", "Implementation-Version": "9"})
    assert found("opt/guava-31.1-jre.jar", data) == [
        ("com.google.guava:guava", "31.1-jre", ""),
        ("org.apache.commons:commons-lang3", "3.12.0", ""),
    ]


def test_a_jar_with_shaded_artifacts_is_itself_one(jar: Builder) -> None:
    data = jar({"reactor/core/A.class": b""}, maven=(LANG3,))
    assert [name for name, _, _ in found("lib/reactor-core-3.4.23.jar", data)] == [
        "io.projectreactor:reactor-core",
        "org.apache.commons:commons-lang3",
    ]
    assert [name for name, _, _ in found("lib/unknown-tool-1.0.jar", data)] == ["org.apache.commons:commons-lang3"]


def test_a_pom_without_properties(jar: Builder) -> None:
    pom = b"<project><parent><version>2.5</version></parent><artifactId>x</artifactId></project>"
    assert found("a.jar", jar({"META-INF/maven/org.x/x/pom.xml": pom})) == [("org.x:x", "2.5", "")]


def test_without_group_the_artifact_stands_alone(jar: Builder) -> None:
    assert found("lib/xmlpull-1.1.3.1.jar", jar({"org/xmlpull/A.class": b""})) == [("xmlpull", "1.1.3.1", "")]


def test_artifacts_in_a_private_folder(jar: Builder) -> None:
    text = b"groupId=org.x\nartifactId=a\nversion=1\n"
    data = jar({"private-classpath/META-INF/maven/org.x/a/pom.properties": text}, maven=(LANG3,))
    assert {name for name, _, _ in found("commons-lang3.jar", data)} == {"org.x:a", "org.apache.commons:commons-lang3"}


def test_an_application_without_version_is_no_package(jar: Builder) -> None:
    assert found("app.jar", jar({"com/acme/Main.class": b""}, manifest={"Main-Class": "com.acme.Main"})) == []


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_spring_boot_and_war_layouts(jar: Builder, method: int) -> None:
    inner = jar(maven=(LANG3,))
    war = jar({"WEB-INF/lib/commons-lang3-3.12.0.jar": inner}, method=method)
    data = jar(
        {"BOOT-INF/lib/guava-31.1-jre.jar": jar(maven=(GUAVA,)), "apps/web.war": war, "BOOT-INF/lib/empty.jar": b""},
        method=method,
    )
    assert found("app/app.ear", data) == [
        ("com.google.guava:guava", "31.1-jre", "app/app.ear!/BOOT-INF/lib/guava-31.1-jre.jar"),
        (
            "org.apache.commons:commons-lang3",
            "3.12.0",
            "app/app.ear!/apps/web.war!/WEB-INF/lib/commons-lang3-3.12.0.jar",
        ),
    ]


def test_an_executable_jar_with_a_script_before_it(jar: Builder) -> None:
    data = b"#!/bin/bash\n" + jar({"BOOT-INF/lib/a.jar": jar(maven=(LANG3,))}, method=zipfile.ZIP_STORED)
    assert [name for name, _, _ in found("app.jar", data)] == ["org.apache.commons:commons-lang3"]


def test_properties_of_other_places_are_not_taken(jar: Builder) -> None:
    text = b"groupId=evil\nartifactId=a\nversion=1\n"
    files = {
        "META-INF/maven/a/pom.properties": text,
        "META-INF/maven/g/a/b/pom.properties": text,
        "pom.properties": text,
        "META-INF/maven/pom.properties": text,
    }
    assert found("a.jar", jar(files)) == []


def test_a_damaged_archive_within_a_good_one_is_noted(jar: Builder) -> None:
    evidence = read_archive(
        "app.war", jar({"WEB-INF/lib/bad.jar": b"PK not really", "WEB-INF/lib/good.jar": jar(maven=(LANG3,))})
    )
    assert [package.name for package in evidence.packages] == ["org.apache.commons:commons-lang3"]
    assert [(note.kind, note.path) for note in evidence.notes] == [("unreadable-file", "app.war!/WEB-INF/lib/bad.jar")]


def test_archives_within_archives_end_at_a_depth(jar: Builder) -> None:
    data = jar(maven=(LANG3,))
    for _ in range(archive.MAX_DEPTH + 5):
        data = jar({"inner.jar": data})
    evidence = read_archive("a.jar", data)
    assert evidence.packages == ()
    assert [note.kind for note in evidence.notes] == ["too-deep"]
    shallow = jar(maven=(LANG3,))
    for _ in range(archive.MAX_DEPTH):
        shallow = jar({"inner.jar": shallow})
    assert len(read_archive("a.jar", shallow).packages) == 1


def test_many_archives_of_many_archives_are_bounded(jar: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ARCHIVES", 500)
    data = jar(maven=(LANG3,))
    for _ in range(9):
        data = jar({f"{n}.jar": data for n in range(6)})
    started = time.monotonic()
    evidence = read_archive("a.jar", data)
    assert time.monotonic() - started < 20
    assert "too-many" in {note.kind for note in evidence.notes}
    assert len(evidence.notes) <= archive.MAX_NOTES


def test_a_bomb_within_an_archive_is_bounded(jar: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ARCHIVE", 1 << 20)
    evidence = read_archive("a.jar", jar({"bomb.jar": b"\0" * (8 << 20), "lib.jar": jar(maven=(LANG3,))}))
    assert [note.kind for note in evidence.notes] == ["too-large"]
    assert len(evidence.packages) == 1


def test_the_total_is_bounded(jar: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_Walk", functools.partial(archive._Walk, inflated=3000))
    inner = jar({"x": bytes(range(256)) * 8}, method=zipfile.ZIP_STORED)
    evidence = read_archive("a.jar", jar({f"{n}.jar": inner for n in range(5)}))
    assert {note.kind for note in evidence.notes} == {"unreadable-file"}
    assert len(evidence.notes) == 4


def test_a_manifest_bomb_costs_little(jar: Builder) -> None:
    data = jar({"META-INF/MANIFEST.MF": b"Implementation-Version: 1.2.3\r\nX: " + b"y" * (20 << 20)})
    assert found("tool.jar", data) == [("tool", "1.2.3", "")]


def test_what_is_no_archive(jar: Builder) -> None:
    with pytest.raises(InputError, match="Java archive"):
        read_archive("a.jar", b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(InputError, match=r"damaged|missing"):
        read_archive("a.war", jar(maven=(LANG3,))[:-30])
    assert read_archive("disk.par", b"PAR2\0PKT") is None
    assert read_archive("a.jar", b"").packages == ()


def test_the_analyser_wants_archives_in_any_case() -> None:
    assert set(JAVA_ARCHIVE.suffixes) >= {".jar", ".war", ".ear", ".par", ".jpi", ".hpi"}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_anywhere(jar: Builder, data: st.DataObject) -> None:
    whole = jar(
        {"lib/b.jar": jar(maven=(GUAVA,)), "A.class": b"x"}, maven=(LANG3,), manifest={"Implementation-Version": "1.0"}
    )
    at = data.draw(st.integers(0, len(whole)))
    damage = data.draw(st.binary(max_size=30))
    try:
        evidence = read_archive("a.jar", whole[:at] + damage + whole[at + len(damage) :])
    except InputError:
        return
    assert all(package.name and package.version for package in evidence.packages)
