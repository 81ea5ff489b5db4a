import pytest

from landwaiter.compliance.checks.packages import (
    TrustedOrigins,
    UnwantedPackages,
    repository_of,
    trusted_origin,
    unwanted_packages,
)
from landwaiter.compliance.load import parameters_of, shipped_benchmarks
from landwaiter.inventory.models import Note

SHIPPED = parameters_of(next(c for b in shipped_benchmarks() for c in b.controls if c.check == "unwanted_packages"))


@pytest.mark.parametrize(
    "name", ["gcc", "gcc-12", "telnet", "netcat-openbsd", "tcpdump", "openssh-server", "gdb", "nmap-ncat"]
)
def test_unwanted_packages_fail(evidence, package, name):
    found = unwanted_packages(evidence(packages=[package("libc6"), package(name, "9")]), SHIPPED)
    assert (found.status, found.evidence) == ("fail", (f"{name} 9",))


@pytest.mark.parametrize("name", ["libgcc-s1", "openssl", "libgdbm6", "bash", "openssh-client"])
def test_ordinary_packages_pass(evidence, package, name):
    assert unwanted_packages(evidence(packages=[package(name)]), SHIPPED).status == "pass"


def test_a_language_package_of_that_name_does_not_count(evidence, package):
    assert (
        unwanted_packages(
            evidence(packages=[package("libc6"), package("telnet", kind="npm")]), UnwantedPackages(("telnet",))
        ).status
        == "pass"
    )


def test_packages_that_were_not_read_prevent_a_pass(evidence, package):
    unread = Note("unreadable-database", "The rpm database is damaged.")
    found = unwanted_packages(evidence(notes=[unread]), SHIPPED)
    assert (found.status, found.evidence) == ("not_assessed", (unread.reason,))
    assert unwanted_packages(evidence(packages=[], os=None), SHIPPED).status == "not_assessed"


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("alpine", "docker.io/library/alpine"),
        ("alpine:3.20", "docker.io/library/alpine"),
        ("team/app:1", "docker.io/team/app"),
        ("localhost/app", "localhost/app"),
        ("localhost:5000/a/b:1", "localhost:5000/a/b"),
        ("registry.example.com/a@sha256:" + "0" * 64, "registry.example.com/a"),
        ("registry.example.com:443/a/b/c:1@sha256:" + "0" * 64, "registry.example.com:443/a/b/c"),
    ],
)
def test_repository_of_a_reference(reference, repository):
    assert repository_of(reference) == repository


def origin(evidence, *trusted, **settings):
    return trusted_origin(evidence(**settings), TrustedOrigins(trusted)).status


def test_without_a_list_nothing_is_assessed(evidence):
    assert origin(evidence) == "not_assessed"


def test_trusted_registries_and_folders(evidence):
    assert origin(evidence, "registry.example.com") == "pass"
    assert origin(evidence, "registry.example.com/team") == "pass"
    assert origin(evidence, "registry.example.com/team/") == "pass"
    assert origin(evidence, "registry.example.com/*") == "pass"
    assert origin(evidence, "registry.example.com/other") == "fail"
    assert origin(evidence, "registry.example.co") == "fail"
    assert origin(evidence, "registry.example.com/tea") == "fail"


def test_the_base_image_must_be_trusted_too(evidence):
    labels = {"org.opencontainers.image.base.name": "docker.io/library/python:3.12"}
    assert origin(evidence, "registry.example.com", labels=labels) == "fail"
    assert origin(evidence, "registry.example.com", "docker.io/library", labels=labels) == "pass"


def test_an_archive_does_not_say_where_it_is_from(evidence):
    assert origin(evidence, "registry.example.com", reference="docker-archive:app.tar", digest="") == "not_assessed"
    assert origin(evidence, "registry.example.com", reference="oci-layout:folder") == "not_assessed"
