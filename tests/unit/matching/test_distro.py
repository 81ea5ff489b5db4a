import pytest

from landwaiter.advisories.models import Release
from landwaiter.inventory.models import OsRelease, Package, SourcePackage
from landwaiter.matching.distro import distribution_of, subjects

RELEASES = (Release("debian", "13", "trixie"),)
AVAILABLE = (
    "AlmaLinux:8",
    "Alpine:edge",
    "Alpine:v3.18",
    "Amazon Linux:1",
    "Amazon Linux:2023",
    "Azure Linux:3",
    "Debian:12",
    "Debian:13",
    "Oracle Linux:9",
    "Photon OS:5.0",
    "Red Hat:enterprise_linux:9",
    "Red Hat:enterprise_linux:9::appstream",
    "Red Hat:enterprise_linux:9::baseos",
    "Red Hat:enterprise_linux:8::baseos",
    "Red Hat:rhel_eus:9.2::appstream",
    "Rocky Linux:9",
    "SUSE:Linux Enterprise Module for Basesystem 15 SP4",
    "SUSE:Linux Enterprise Server 15 SP4",
    "SUSE:Linux Enterprise Server 15 SP5",
    "Ubuntu:22.04:LTS",
    "Ubuntu:25.10",
    "Ubuntu:Pro:18.04:LTS",
    "Ubuntu:Pro:22.04:LTS",
    "Wolfi",
    "openEuler:22.03-LTS-SP3",
    "openSUSE:Leap 15.5",
)


@pytest.mark.parametrize(
    ("os", "ecosystems"),
    [
        (OsRelease("debian", "12"), ("Debian:12",)),
        (OsRelease("debian", "12.4"), ("Debian:12",)),
        (OsRelease("debian", "", "Debian GNU/Linux trixie/sid"), ("Debian:13",)),
        (OsRelease("debian", "", "", codename="trixie"), ("Debian:13",)),
        (OsRelease("debian", "11"), ()),
        (OsRelease("ubuntu", "22.04"), ("Ubuntu:22.04:LTS",)),
        (OsRelease("ubuntu", "25.10"), ("Ubuntu:25.10",)),
        (OsRelease("ubuntu", "18.04"), ("Ubuntu:Pro:18.04:LTS",)),
        (OsRelease("alpine", "3.18.9"), ("Alpine:v3.18",)),
        (OsRelease("alpine", "3.19_alpha20230901", "Alpine Linux edge"), ("Alpine:edge",)),
        (OsRelease("wolfi", "20230201"), ("Wolfi",)),
        (OsRelease("almalinux", "8.8"), ("AlmaLinux:8",)),
        (OsRelease("rocky", "9.3"), ("Rocky Linux:9",)),
        (
            OsRelease("rhel", "9.3"),
            (
                "Red Hat:enterprise_linux:9",
                "Red Hat:enterprise_linux:9::appstream",
                "Red Hat:enterprise_linux:9::baseos",
            ),
        ),
        (OsRelease("centos", "8"), ("Red Hat:enterprise_linux:8::baseos",)),
        (OsRelease("amzn", "2023"), ("Amazon Linux:2023",)),
        (OsRelease("amzn", "2018.03"), ("Amazon Linux:1",)),
        (OsRelease("ol", "9.3"), ("Oracle Linux:9",)),
        (
            OsRelease("sles", "15.4"),
            ("SUSE:Linux Enterprise Module for Basesystem 15 SP4", "SUSE:Linux Enterprise Server 15 SP4"),
        ),
        (OsRelease("opensuse-leap", "15.5"), ("openSUSE:Leap 15.5",)),
        (OsRelease("openEuler", "22.03", "openEuler 22.03 (LTS-SP3)"), ("openEuler:22.03-LTS-SP3",)),
        (OsRelease("photon", "5.0"), ("Photon OS:5.0",)),
        (OsRelease("azurelinux", "3.0"), ("Azure Linux:3",)),
    ],
)
def test_which_data_speak(os: OsRelease, ecosystems: tuple[str, ...]) -> None:
    found = distribution_of(os, AVAILABLE, RELEASES)
    assert found is not None
    assert found.ecosystems == ecosystems


@pytest.mark.parametrize(
    "os",
    [
        OsRelease("fedora", "40"),
        OsRelease("centos", "9"),
        OsRelease("nonesuch", "1"),
        OsRelease("debian"),
        OsRelease(""),
    ],
)
def test_nobody_speaks(os: OsRelease) -> None:
    assert distribution_of(os, AVAILABLE, RELEASES) is None


def asked(os: OsRelease, package: Package) -> list[tuple[str, str]]:
    found = distribution_of(os, AVAILABLE, RELEASES)
    assert found is not None
    return [(subject.name, subject.version) for subject in subjects(package, found)]


def test_debian_and_alpine_speak_of_sources() -> None:
    libc = Package("deb", "libc6", "2.36-9", "", SourcePackage("glibc", "2.36-9"))
    assert asked(OsRelease("debian", "12"), libc) == [("glibc", "2.36-9")]
    ssl = Package("apk", "libcrypto3", "3.1.4-r5", "", SourcePackage("openssl", "3.1.4-r5"))
    assert asked(OsRelease("alpine", "3.18.9"), ssl) == [("openssl", "3.1.4-r5")]
    assert asked(OsRelease("alpine", "3.18.9"), Package("apk", "musl", "1.2.4-r2", "")) == [("musl", "1.2.4-r2")]


def test_a_binary_rebuild_is_compared_by_its_source_version() -> None:
    package = Package("deb", "gcc-12-base", "12.2.0-14+b1", "", SourcePackage("gcc-12", "12.2.0-14"))
    assert asked(OsRelease("debian", "12"), package) == [("gcc-12", "12.2.0-14")]


def test_almalinux_speaks_of_binaries() -> None:
    package = Package("rpm", "libgcc", "8.5.0-18.el8", "", SourcePackage("gcc", "8.5.0-18.el8"))
    assert asked(OsRelease("almalinux", "8.8"), package) == [("libgcc", "8.5.0-18.el8")]


def test_where_both_are_named_both_are_asked() -> None:
    package = Package("rpm", "bind-libs", "32:9.16-1.el9", "", SourcePackage("bind", "9.16-1.el9"))
    assert asked(OsRelease("rocky", "9.3"), package) == [("bind-libs", "32:9.16-1.el9"), ("bind", "32:9.16-1.el9")]
    alone = Package("rpm", "bash", "5.1-1.el9", "", SourcePackage("bash", "5.1-1.el9"))
    assert asked(OsRelease("rocky", "9.3"), alone) == [("bash", "5.1-1.el9")]
