"""What real compilers and the programs of this machine produce, read as a layer would be."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from landwaiter.images.tarstream import Member, MemberKind
from landwaiter.inventory.analyser import Content
from landwaiter.inventory.binaries.executable import read_executable
from landwaiter.inventory.binaries.releases import read_release_file
from landwaiter.inventory.languages.java.archive import read_archive
from landwaiter.inventory.models import Evidence


def read(path: Path, piece: int = 256 * 1024) -> Evidence:
    """Read an executable in pieces, as a layer's stream gives them."""
    data = path.read_bytes()

    def pieces() -> Iterator[bytes]:
        return iter([data[at : at + piece] for at in range(0, len(data), piece)])

    member = Member(
        str(path).lstrip("/"), MemberKind.FILE, len(data), 0o755, 0, 0, "", lambda limit: data[:limit], pieces
    )
    evidence = read_executable(Content(member, 0))
    assert evidence is not None
    return evidence


def names(evidence: Evidence) -> set[tuple[str, str, str]]:
    return {(package.type, package.name, package.version) for package in evidence.packages}


def tool(name: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, check=True, text=True, capture_output=True, env={**os.environ, **environment}, timeout=280
    )
    return done.stdout


GO_FILES = {
    "app/go.mod": (
        "module example.org/landing/app\n\ngo 1.18\n\n"
        "require (\n\texample.org/landing/lib v1.4.0\n\texample.org/landing/old v0.0.0\n)\n\n"
        "replace example.org/landing/lib => ../lib\n\nreplace example.org/landing/old => ../old\n"
    ),
    "app/main.go": (
        'package main\n\nimport (\n\t"example.org/landing/lib"\n\t"example.org/landing/old"\n)\n\nvar version = "none"\n\n'
        "func main() { println(lib.Name(), old.Name(), version) }\n"
    ),
    "lib/go.mod": "module example.org/landing/lib\n\ngo 1.18\n",
    "lib/lib.go": 'package lib\n\nfunc Name() string { return "lib" }\n',
    "old/go.mod": "module example.org/landing/old\n\ngo 1.18\n",
    "old/old.go": 'package old\n\nfunc Name() string { return "old" }\n',
}


@pytest.fixture(scope="module")
def go_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tool("go")
    root = tmp_path_factory.mktemp("go")
    for name, text in GO_FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


BUILDS = [
    pytest.param([], {}, id="plain"),
    pytest.param(["-ldflags=-s -w", "-trimpath"], {}, id="stripped"),
    pytest.param(["-ldflags=-s -w -buildid="], {}, id="without-build-id"),
    pytest.param(["-buildmode=pie"], {}, id="pie"),
    pytest.param([], {"GOARCH": "386"}, id="32-bit"),
    pytest.param(["-ldflags=-s -w"], {"GOARCH": "s390x"}, id="big-endian"),
    pytest.param([], {"GOOS": "windows"}, id="windows"),
]


@pytest.mark.parametrize(("flags", "environment"), BUILDS)
def test_programs_that_go_built(
    go_sources: Path, tmp_path: Path, flags: list[str], environment: dict[str, str]
) -> None:
    out = tmp_path / "app"
    settings = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod -buildvcs=false", "GOPROXY": "off", **environment}
    run("go", "build", "-o", str(out), *flags, ".", cwd=go_sources / "app", **settings)
    compiler = re.search(r"go(\d+\.\d+(?:\.\d+)?)", run("go", "version", cwd=tmp_path))
    assert compiler
    evidence = read(out)
    assert evidence.notes == ()
    assert names(evidence) == {
        ("golang", "example.org/landing/app", ""),
        ("golang", "example.org/landing/lib", "v1.4.0"),
        ("golang", "example.org/landing/old", ""),
        ("golang", "stdlib", compiler[1]),
    }


@pytest.mark.parametrize("trim", [[], ["-trimpath"]], ids=["with-settings", "without-settings"])
def test_a_version_given_to_gos_linker(go_sources: Path, tmp_path: Path, trim: list[str]) -> None:
    """With -trimpath the flags are not recorded, and the version is found where the linker put it."""
    out = tmp_path / "app"
    flags = ["-ldflags=-s -w -X main.version=3.2.1", *trim]
    settings = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod -buildvcs=false", "GOPROXY": "off"}
    run("go", "build", "-o", str(out), *flags, ".", cwd=go_sources / "app", **settings)
    assert ("golang", "example.org/landing/app", "v3.2.1") in names(read(out))


def test_a_rust_program_with_its_list_of_crates(tmp_path: Path) -> None:
    tool("cargo")
    tool("cargo-auditable")
    for crate, dependencies in (("inner", ""), ("outer", '[dependencies]\ninner = { path = "../inner" }\n')):
        (tmp_path / crate / "src").mkdir(parents=True)
        (tmp_path / crate / "Cargo.toml").write_text(
            f'[package]\nname = "{crate}"\nversion = "0.{len(crate)}.1"\nedition = "2021"\n{dependencies}'
        )
    (tmp_path / "inner/src/lib.rs").write_text('pub fn name() -> &\'static str { "inner" }\n')
    (tmp_path / "outer/src/main.rs").write_text('fn main() { println!("{}", inner::name()) }\n')
    run("cargo", "auditable", "build", "--release", "--offline", cwd=tmp_path / "outer")
    out = tmp_path / "outer/target/release/outer"
    expected = {("cargo", "outer", "0.5.1"), ("cargo", "inner", "0.5.1")}
    assert names(read(out)) == expected
    run(tool("strip"), "-s", str(out), cwd=tmp_path)
    assert names(read(out)) == expected


def test_jars_that_the_jdk_wrote(tmp_path: Path) -> None:
    """The jar tool writes data descriptors and, with -0, nested archives that are stored."""
    tool("jar")
    maven = tmp_path / "META-INF/maven/org.example/inner"
    maven.mkdir(parents=True)
    (maven / "pom.properties").write_text("groupId=org.example\nartifactId=inner\nversion=2.0.1\n")
    (tmp_path / "lib").mkdir()
    run("jar", "--create", "--file", "lib/inner-2.0.1.jar", "META-INF/maven", cwd=tmp_path)
    for flag in ("--no-compress", "--verbose"):
        run("jar", "--create", "--file", "app.jar", flag, "lib", cwd=tmp_path)
        evidence = read_archive("srv/app.jar", (tmp_path / "app.jar").read_bytes())
        assert evidence is not None
        assert evidence.notes == ()
        assert [(package.name, package.version, package.path) for package in evidence.packages] == [
            ("org.example:inner", "2.0.1", "srv/app.jar!/lib/inner-2.0.1.jar")
        ]


def test_the_java_home_of_this_machine(tmp_path: Path) -> None:
    home = Path(tool("java")).resolve().parent.parent
    release = home / "release"
    if not release.exists():
        pytest.skip(f"{release} does not exist")
    told = subprocess.run(["java", "-version"], check=True, text=True, capture_output=True, cwd=tmp_path).stderr
    evidence = read_release_file(str(release)[1:], release.read_bytes())
    assert evidence is not None
    assert f'"{evidence.packages[0].version}"' in told


PROGRAMS = [
    ("bash", "bash", ["--version"], r"version (\d+\.\d+\.\d+)"),
    ("perl", "perl", ["-e", "print $^V"], r"v(\d+\.\d+\.\d+)"),
    ("node", "node", ["--version"], r"v(\d+\.\d+\.\d+)"),
    ("git", "git", ["--version"], r"(\d+\.\d+\.\d+)"),
    ("curl", "curl", ["--version"], r"(\d+\.\d+\.\d+)"),
    ("openssl", "openssl", ["version"], r"OpenSSL (\d\.\d+\.\d+[a-z]?)"),
    ("ruby", "ruby", ["--version"], r"(\d+\.\d+\.\d+)"),
    ("php", "php", ["--version"], r"PHP (\d+\.\d+\.\d+)"),
    ("nginx", "nginx", ["-v"], r"nginx/(\d+\.\d+\.\d+)"),
    ("busybox", "busybox", [], r"v(\d+\.\d+\.\d+)"),
]


@pytest.mark.parametrize(("product", "program", "arguments", "pattern"), PROGRAMS)
def test_programs_of_this_machine_say_what_their_files_say(
    product: str, program: str, arguments: list[str], pattern: str
) -> None:
    path = Path(tool(program)).resolve()
    if path.read_bytes()[:4] != b"\x7fELF":
        pytest.skip(f"{path} is a script")
    done = subprocess.run([path, *arguments], check=False, text=True, capture_output=True, timeout=60)
    said = re.search(pattern, done.stdout + done.stderr)
    assert said
    evidence = read(path)
    if product == "ruby" and not evidence.packages:
        pytest.skip("this Ruby keeps everything in its library")
    assert ("generic", product, said[1]) in names(evidence)
