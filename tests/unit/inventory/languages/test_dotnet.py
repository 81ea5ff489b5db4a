import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.languages.dotnet import read_dependencies
from landwaiter.inventory.models import PackageFact

PATH = "app/App.deps.json"
LIBRARIES = {
    "App/1.0.0": {"type": "project", "serviceable": False, "sha512": ""},
    "Newtonsoft.Json/12.0.3": {
        "type": "package",
        "serviceable": True,
        "sha512": "sha512-x",
        "path": "newtonsoft.json/12.0.3",
    },
    "System.Net.Http/4.3.0": {"type": "package"},
    "SQLitePCLRaw.lib/2.1.6": {"type": "package"},
    "Other/2.0.0": {"type": "package"},
    "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"type": "runtimepack"},
    "Local/1.0.0": {"type": "reference"},
}
TARGET = {
    "App/1.0.0": {"dependencies": {"Newtonsoft.Json": "12.0.3"}, "runtime": {"App.dll": {}}},
    "Newtonsoft.Json/12.0.3": {"runtime": {"lib/netstandard2.0/Newtonsoft.Json.dll": {"assemblyVersion": "12.0.0.0"}}},
    "System.Net.Http/4.3.0": {
        "dependencies": {"System.Runtime": "4.3.0"},
        "compile": {"ref/netstandard1.3/System.Net.Http.dll": {}},
    },
    "SQLitePCLRaw.lib/2.1.6": {
        "runtimeTargets": {"runtimes/linux-x64/native/libe_sqlite3.so": {"rid": "linux-x64", "assetType": "native"}}
    },
}


def found(document: object) -> set[str]:
    packages = read_dependencies(PATH, b"\xef\xbb\xbf" + json.dumps(document).encode()).packages
    assert {package.type for package in packages} <= {"nuget"}
    return {f"{package.name}/{package.version}" for package in packages}


def test_packages_whose_files_are_there_and_runtime_packs() -> None:
    document = {
        "runtimeTarget": {"name": ".NETCoreApp,Version=v8.0/linux-x64", "signature": ""},
        "targets": {".NETCoreApp,Version=v8.0": {}, ".NETCoreApp,Version=v8.0/linux-x64": TARGET},
        "libraries": LIBRARIES,
    }
    assert found(document) == {
        "Newtonsoft.Json/12.0.3",
        "SQLitePCLRaw.lib/2.1.6",
        "Other/2.0.0",
        "Microsoft.NETCore.App.Runtime.linux-x64/8.0.1",
        "App/1.0.0",
    }


def test_a_shared_runtime_is_a_product_too() -> None:
    for name, product in (("Microsoft.NETCore.App", "dotnet"), ("Microsoft.AspNetCore.App", "aspnet-core")):
        path = f"usr/share/dotnet/shared/{name}/8.0.1/{name}.deps.json"
        assert read_dependencies(path, b'{"libraries":{}}').packages == (PackageFact("generic", product, "8.0.1"),)
    assert read_dependencies("app/shared/Other/8.0.1/Other.deps.json", b'{"libraries":{}}').packages == ()


def test_where_files_are_not_named_all_packages_count() -> None:
    everything = {
        "Newtonsoft.Json/12.0.3",
        "System.Net.Http/4.3.0",
        "SQLitePCLRaw.lib/2.1.6",
        "Other/2.0.0",
        "Microsoft.NETCore.App.Runtime.linux-x64/8.0.1",
        "App/1.0.0",
    }
    assert found({"libraries": LIBRARIES}) == everything
    assert (
        found(
            {
                "runtimeTarget": ".NETCoreApp,Version=v2.0",
                "targets": {".NETCoreApp,Version=v2.0": {"Other/2.0.0": {}}},
                "libraries": LIBRARIES,
            }
        )
        == everything
    )


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"libraries":[]}', b'{"libraries":{"a/1":3}}'])
def test_another_document_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read_dependencies(PATH, content)


def test_keys_that_name_no_version_are_left_out() -> None:
    assert (
        found({"libraries": {"a": {"type": "package"}, "/1": {"type": "package"}, "b/": {"type": "package"}}}) == set()
    )


@settings(max_examples=50)
@given(st.binary(max_size=80))
def test_any_bytes(content: bytes) -> None:
    try:
        read_dependencies(PATH, content)
    except InputError:
        return
