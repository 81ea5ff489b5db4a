import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.binaries.releases import READERS, is_release_file, read_release_file
from landwaiter.inventory.models import Evidence, PackageFact

JAVA = b'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_RUNTIME_VERSION="17.0.2+8"\nJAVA_VERSION="17.0.2"\nOS_ARCH="x86_64"\nMODULES="java.base java.xml"\n'


@pytest.mark.parametrize(
    ("path", "content", "package"),
    [
        (
            "opt/java/openjdk/release",
            JAVA,
            PackageFact("generic", "java", "17.0.2", "x86_64", vendor="Eclipse Adoptium"),
        ),
        (
            "opt/jdk8/release",
            b'JAVA_VERSION="1.8.0_342"\r\nOS_NAME="Linux"\r\n',
            PackageFact("generic", "java", "1.8.0_342"),
        ),
        ("usr/local/lib/erlang/releases/25/OTP_VERSION", b"25.3.2\n", PackageFact("generic", "erlang", "25.3.2")),
        (
            "opt/rabbitmq/plugins/rabbit-3.12.0/ebin/rabbit.app",
            b'{application,rabbit,\n [{description,"RabbitMQ"},\n  {vsn, "3.12.0"},',
            PackageFact("generic", "rabbitmq", "3.12.0"),
        ),
        ("usr/local/go/VERSION", b"go1.21.5\ntime 2023-11-29T21:21:46Z\n", PackageFact("generic", "golang", "1.21.5")),
        ("usr/lib/go-1.22/VERSION", b"go1.22rc1", PackageFact("generic", "golang", "1.22rc1")),
        (
            "var/www/html/wp-includes/version.php",
            b"<?php\n/** x */\n$wp_version = '6.4.2';\n",
            PackageFact("generic", "wordpress", "6.4.2"),
        ),
    ],
)
def test_a_runtime_states_its_version(path: str, content: bytes, package: PackageFact) -> None:
    assert is_release_file(path)
    assert read_release_file(path, content) == Evidence(path, "release-file", (package,))


@pytest.mark.parametrize("path", ["srv/app/VERSION", "srv/app/version.php", "opt/mango/src/VERSION"])
def test_files_of_a_common_name_elsewhere_are_not_read(path: str) -> None:
    assert not is_release_file(path)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("app/release", b"#!/bin/sh\necho release\n"),
        ("usr/local/go/VERSION", b"2.0"),
        ("x/OTP_VERSION", b"<html>"),
        ("x/rabbit.app", b""),
    ],
)
def test_other_files_of_the_name_say_nothing(path: str, content: bytes) -> None:
    assert read_release_file(path, content) is None


@settings(max_examples=60)
@given(name=st.sampled_from(sorted(READERS)), content=st.binary(max_size=200))
def test_any_bytes(name: str, content: bytes) -> None:
    found = read_release_file(f"go/{name}", content)
    assert found is None or found.packages
