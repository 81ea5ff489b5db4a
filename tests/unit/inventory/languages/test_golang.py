import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.languages.golang import go_packages
from landwaiter.inventory.models import PackageFact


def names(version: str, modules: str, stamp: Callable[[], str] = str) -> list[tuple[str, str]]:
    found = go_packages(version, modules, stamp)
    assert all(isinstance(package, PackageFact) and package.type == "golang" for package in found)
    return [(package.name, package.version) for package in found]


def test_main_module_dependencies_and_standard_library() -> None:
    modules = (
        "path\texample.org/a/cmd/a\nmod\texample.org/a\tv1.2.3\th1:x=\ndep\tgithub.com/b/c\tv0.1.0\th1:y=\n"
        "dep\tgopkg.in/yaml.v3\tv3.0.0\n=>\tgithub.com/fork/yaml\tv3.0.1\th1:z=\nbuild\t-compiler=gc\n"
    )
    assert names("go1.21.5", modules) == [
        ("example.org/a", "v1.2.3"),
        ("github.com/b/c", "v0.1.0"),
        ("github.com/fork/yaml", "v3.0.1"),
        ("stdlib", "1.21.5"),
    ]


def test_a_module_replaced_by_a_folder_keeps_its_name() -> None:
    modules = "mod\texample.org/a\tv1.0.0\ndep\tx.org/api\tv0.0.0\n=>\t./staging/api\t(devel)\ndep\tx.org/b\tv1.4.0\n=>\t../b\t\n"
    assert names("go1.21.5", modules) == [
        ("example.org/a", "v1.0.0"),
        ("x.org/api", ""),
        ("x.org/b", "v1.4.0"),
        ("stdlib", "1.21.5"),
    ]


@pytest.mark.parametrize(
    ("compiler", "version"),
    [
        ("go1.16", "1.16"),
        ("go1.22rc1", "1.22rc1"),
        ("go1.21.5 X:boringcrypto", "1.21.5"),
        ("go1.20.12-custom", "1.20.12"),
        ("go1.19.13 (Red Hat 1.19.13-2.el9)", "1.19.13"),
        ("devel go1.22-6076edc55c Tue Aug 1 2023", ""),
        ("go1.23-devel_6076edc55c", ""),
        ("gccgo", ""),
    ],
)
def test_version_of_the_standard_library(compiler: str, version: str) -> None:
    assert names(compiler, "") == [("stdlib", version)]


FLAGS = [
    ('-ldflags="-s -w -X main.version=1.4.0"', "v1.4.0"),
    ("-ldflags=\"-X 'main.Version=v1.4.0' -X 'main.commit=abc'\"", "v1.4.0"),
    ("-ldflags=-X=main.version=1.4.0", "v1.4.0"),
    ('-ldflags="-X example.org/a/version.GitVersion=v1.4.0-rc.1"', "v1.4.0-rc.1"),
    ('-ldflags="-X main.version=1.4.0 -X example.org/a/internal.Version=9.9.9"', "v1.4.0"),
    ('-ldflags="-X main.version=1.4.0 -X main.buildVersion=2.0.0"', ""),
    ('-ldflags="-X github.com/other/lib.Version=7.0.0"', ""),
    ('-ldflags="-X main.version=snapshot"', ""),
    ('-ldflags="-X main.commit=1.2.3"', ""),
    ('-ldflags="-X main.version=\'1.4.0"', ""),
    ("-ldflags=", ""),
]


@pytest.mark.parametrize(("setting", "version"), FLAGS)
def test_a_devel_main_module_takes_the_version_given_to_the_linker(setting: str, version: str) -> None:
    modules = f"path\texample.org/a\nmod\texample.org/a\t(devel)\t\nbuild\t{setting}\n"
    assert names("go1.21.5", modules)[0] == ("example.org/a", version)


def test_endless_flags_are_not_looked_at() -> None:
    modules = "mod\texample.org/a\t(devel)\nbuild\t-ldflags=" + "-X main.version=1.0.0 " * 100_000
    started = time.monotonic()
    assert names("go1.21.5", modules)[0] == ("example.org/a", "")
    assert time.monotonic() - started < 2


def test_the_stamp_is_asked_last_and_only_where_needed() -> None:
    def never() -> str:
        raise AssertionError

    assert names("go1.21.5", "mod\texample.org/a\tv1.0.0\n", never)[0] == ("example.org/a", "v1.0.0")
    assert names("go1.21.5", "mod\texample.org/a\t(devel)\n", lambda: "2.8.2+ds1")[0] == ("example.org/a", "v2.8.2+ds1")


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("github.com/docker/distribution/cmd/registry", "github.com/docker/distribution"),
        ("github.com/caddyserver/caddy/v2/cmd/caddy", "github.com/caddyserver/caddy/v2"),
        ("go.etcd.io/etcd", "go.etcd.io/etcd"),
        ("example.org/tool/cmd/tool", "example.org/tool"),
    ],
)
def test_a_program_built_without_modules_has_its_main_packages_repository(path: str, module: str) -> None:
    assert names("go1.19.8", f"path\t{path}\nbuild\t-compiler=gc\n") == [(module, ""), ("stdlib", "1.19.8")]


@pytest.mark.parametrize("path", ["cmd/go", "command-line-arguments", ""])
def test_the_toolchain_and_loose_files_are_no_module(path: str) -> None:
    assert names("go1.19.8", f"path\t{path}\nmod\tcommand-line-arguments\t(devel)\n" if path else "") == [
        ("stdlib", "1.19.8")
    ]


@settings(max_examples=150)
@given(st.text(max_size=30), st.text(alphabet="path\tmoddep=>build-ldflags\n'\"X .:/v1", max_size=200))
def test_any_text(version: str, modules: str) -> None:
    for name, found in names(version, modules):
        assert name
        assert not set(found) & set(" \t\n")
