import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.names import RELEASE_FILES
from landwaiter.inventory.os.os_release import OS_RELEASE, parse_os_release, read_os_release


def release(path, content):
    return read_os_release(path, content.encode()).os_release


def test_all_fields():
    found = parse_os_release(
        '# a comment\nNAME="Red Hat Enterprise Linux"\nVERSION="9.4 (Plow)"\nID=\'rhel\'\nID_LIKE="fedora centos"\n'
        'VERSION_ID="9.4"\nPRETTY_NAME="Red Hat \\"9\\""\nCPE_NAME="cpe:/o:redhat:enterprise_linux:9::baseos"\nVERSION_CODENAME=plow\n'
    )
    assert found is not None
    assert (found.id, found.version_id, found.id_like, found.codename) == ("rhel", "9.4", ("fedora", "centos"), "plow")
    assert found.pretty_name == 'Red Hat "9"'
    assert found.cpe_name.startswith("cpe:/o:redhat")


def test_names_alone():
    assert parse_os_release("NAME=x\n") is None
    assert parse_os_release("ID=ARCH\nNAME=Arch") is not None
    assert parse_os_release("ID=ARCH").id == "arch"


@pytest.mark.parametrize(
    ("path", "content", "identity", "version"),
    [
        ("etc/alpine-release", "3.18.4\n", "alpine", "3.18.4"),
        ("etc/debian_version", "11.7\n", "debian", "11"),
        ("etc/debian_version", "trixie/sid\n", "debian", ""),
        ("etc/redhat-release", "Red Hat Enterprise Linux Server release 7.9 (Maipo)\n", "rhel", "7.9"),
        ("etc/redhat-release", "CentOS Linux release 7.9.2009 (Core)\n", "centos", "7.9.2009"),
        ("etc/centos-release", "CentOS release 6.10 (Final)\n", "centos", "6.10"),
        ("etc/rocky-release", "Rocky Linux release 9.2 (Blue Onyx)\n", "rocky", "9.2"),
        ("etc/oracle-release", "Oracle Linux Server release 8.9\n", "ol", "8.9"),
        ("etc/fedora-release", "Fedora release 39 (Thirty Nine)\n", "fedora", "39"),
        ("etc/system-release", "Amazon Linux AMI release 2018.03\n", "amzn", "2018.03"),
        ("etc/system-release", "Amazon Linux release 2 (Karoo)\n", "amzn", "2"),
        ("etc/almalinux-release", "AlmaLinux release 8.8 (Sapphire Caracal)\n", "almalinux", "8.8"),
        ("etc/photon-release", "VMware Photon OS 4.0\nPHOTON_BUILD_NUMBER=1526e30ba\n", "photon", "4.0"),
        ("etc/mariner-release", "CBL-Mariner 2.0.20220122\nMARINER_BUILD_NUMBER=1\n", "mariner", "2.0.20220122"),
        (
            "etc/SuSE-release",
            "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
            "sles",
            "11.4",
        ),
        ("etc/SuSE-release", "openSUSE 13.2 (x86_64)\nVERSION = 13.2\nCODENAME = Harlequin\n", "opensuse", "13.2"),
        ("etc/system-release-cpe", "cpe:2.3:o:amazon:amazon_linux:2\n", "amzn", "2"),
        ("etc/system-release-cpe", "cpe:/o:redhat:enterprise_linux:8::baseos\n", "rhel", "8"),
        ("etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\n", "ubuntu", "22.04"),
        ("etc/arch-release", "", "arch", ""),
    ],
)
def test_files_of_distributions_without_os_release(path, content, identity, version):
    found = release(path, content)
    assert found is not None
    assert (found.id, found.version_id) == (identity, version)


@pytest.mark.parametrize("path", ["etc/redhat-release", "etc/system-release", "etc/lsb-release", "etc/debian_version"])
def test_a_file_that_says_nothing_names_nothing(path):
    assert release(path, "\n") is None


def test_an_os_release_without_id_is_unreadable():
    with pytest.raises(InputError):
        read_os_release("etc/os-release", b"\xff\x00")


@pytest.mark.parametrize(
    "path", [*RELEASE_FILES, "usr/lib/os.release.d/os-release-container", "opt/root/etc/os-release"]
)
def test_places(path):
    assert OS_RELEASE.wants is not None
    assert OS_RELEASE.wants(path)
    assert not OS_RELEASE.wants("usr/share/doc/os-release")


@settings(max_examples=200)
@given(st.sampled_from(RELEASE_FILES), st.binary(max_size=300))
def test_random_bytes(path, content):
    try:
        read_os_release(path, content)
    except InputError:
        assert path.endswith("os-release")
