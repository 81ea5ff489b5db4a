"""Databases that the package managers themselves write here, against what they list."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def run(*command: str | Path, **options) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **options).stdout


SPEC = """Name: {name}
Version: {version}
Release: 3.el9
{epoch}
Summary: a package
License: MIT and ISC
Vendor: Somebody
BuildArch: noarch
%description
A package.
%install
mkdir -p %{{buildroot}}/usr/bin
echo {name} > %{{buildroot}}/usr/bin/{name}
chmod 755 %{{buildroot}}/usr/bin/{name}
%files
/usr/bin/{name}
"""


@pytest.fixture(scope="module")
def rpms(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    if not shutil.which("rpmbuild"):
        pytest.skip("rpmbuild is not installed")
    folder = tmp_path_factory.mktemp("rpmbuild")
    for name, version, epoch in (("one", "1.0", ""), ("two", "2.0~rc1", "Epoch: 2"), ("three", "3^git1", "Epoch: 0")):
        spec = folder / f"{name}.spec"
        spec.write_text(SPEC.format(name=name, version=version, epoch=epoch))
        run("rpmbuild", "-bb", "--define", f"_topdir {folder}", spec)
    return sorted(folder.glob("RPMS/noarch/*.rpm"))


@pytest.mark.parametrize("place", ["var/lib/rpm", "usr/lib/sysimage/rpm"])
def test_rpm(take, tmp_path, rpms, place):
    database = tmp_path / place
    database.mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=almalinux\nVERSION_ID=9.4\n")
    rpm = (
        "rpm",
        "--dbpath",
        database,
        "--nodeps",
        "--noscripts",
        "--justdb",
        "--nosignature",
        "--ignorearch",
        "--root",
        "/",
    )
    run(*rpm, "-i", *rpms)
    form = "%{NAME} %|EPOCH?{%{EPOCH}}:{0}|:%{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM}\\n"
    expected = {line.replace(" 0:", " ") for line in run(*rpm[:3], "-qa", "--qf", form).splitlines()}
    inventory = take(f"rootfs:{tmp_path}")
    found = {
        f"{one.name} {one.version} {one.arch} {one.name}-{one.version.rpartition(':')[2]}.src.rpm"
        for one in inventory.packages
    }
    assert found == expected
    assert len(found) == 3
    assert inventory.coverage.complete
    assert {one.licenses for one in inventory.packages} == {("MIT and ISC",)}


CONTROL = """Package: {name}
Version: {version}
Architecture: {arch}
Maintainer: Nobody <nobody@example.org>
{source}Description: a package
 with a second line
"""


def test_dpkg(take, tmp_path):
    if not shutil.which("dpkg-deb"):
        pytest.skip("dpkg is not installed")
    root = tmp_path / "root"
    for folder in ("var/lib/dpkg/updates", "var/lib/dpkg/info", "etc"):
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "etc/os-release").write_text("ID=debian\nVERSION_ID=12\n")
    debs = []
    for name, version, source in (
        ("one", "1.0-1", ""),
        ("two", "1:2.0~rc1-1+b1", "Source: other (2.0~rc1-1)\n"),
        ("gone", "1", ""),
    ):
        tree = tmp_path / name
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(CONTROL.format(name=name, version=version, arch="all", source=source))
        site = tree / "usr/lib/python3/dist-packages" / f"py{name}-1.dist-info"
        site.mkdir(parents=True)
        (site / "METADATA").write_text(f"Name: py{name}\nVersion: 1\n")
        (tree / "etc").mkdir()
        (tree / f"etc/{name}.conf").write_text("x")
        (tree / "DEBIAN/conffiles").write_text(f"/etc/{name}.conf\n")
        debs.append(tmp_path / f"{name}.deb")
        run("dpkg-deb", "--root-owner-group", "-b", tree, debs[-1])
    dpkg = ("dpkg", f"--root={root}", "--force-not-root", "--force-bad-path", f"--log={tmp_path}/log")
    run(*dpkg, "-i", *debs)
    run(*dpkg, "-r", "gone")
    listed = run(
        "dpkg-query",
        f"--admindir={root}/var/lib/dpkg",
        "-W",
        "-f",
        "${Package} ${Version} ${Architecture} ${db:Status-Status}\n",
    )
    expected = {line.removesuffix(" installed") for line in listed.splitlines() if line.endswith(" installed")}
    inventory = take(f"rootfs:{root}")
    assert {f"{one.name} {one.version} {one.arch}" for one in inventory.packages if one.type == "deb"} == expected
    assert len(expected) == 2
    assert {one.name: one.owned_by for one in inventory.packages if one.type == "pypi"} == {
        "pyone": "one",
        "pytwo": "two",
    }
    assert inventory.coverage.complete


def wheel(folder: Path, name: str, version: str) -> Path:
    """Write a wheel by hand, with a licence and a script."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: MIT\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/entry_points.txt", "[console_scripts]\nx = y:z\n")
        made.writestr(f"{info}/RECORD", "")
    return path


def test_pip(take, tmp_path):
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-index", "--no-compile", "-q")
    if subprocess.run([sys.executable, "-c", "import pip"], check=False, capture_output=True).returncode:
        pytest.skip("this Python has no pip")
    wheels = [
        wheel(tmp_path, name, version) for name, version in (("Zope.Interface", "8.0"), ("two-names", "1!2.0rc1"))
    ]
    site = tmp_path / "root/usr/local/lib/python3.11/site-packages"
    run(*pip, "--target", site, *wheels)
    code = f"import importlib.metadata as m\nfor d in m.distributions(path=[{str(site)!r}]): print(d.name, d.version)"
    expected = set(run(sys.executable, "-c", code).splitlines())
    inventory = take(f"rootfs:{tmp_path / 'root'}")
    assert {f"{one.name} {one.version}" for one in inventory.packages if one.type == "pypi"} == expected
    assert {one.licenses for one in inventory.packages} == {("MIT",)}
    assert len(expected) == 2
