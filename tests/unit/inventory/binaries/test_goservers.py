import pytest

from landwaiter.inventory.binaries.goservers import go_server
from landwaiter.inventory.models import PackageFact


def go(*modules: tuple[str, str]) -> tuple[PackageFact, ...]:
    return tuple(PackageFact("golang", name, version) for name, version in modules)


@pytest.mark.parametrize(
    ("module", "product"),
    [
        ("github.com/traefik/traefik/v3", "traefik"),
        ("github.com/hashicorp/vault", "vault"),
        ("github.com/hashicorp/consul", "consul"),
        ("go.etcd.io/etcd/server/v3", "etcd"),
    ],
)
def test_a_server_is_known_by_its_main_module(module: str, product: str) -> None:
    assert go_server("anything", go((module, "v3.1.2"), ("a", "v1.0.0"))) == (PackageFact("generic", product, "3.1.2"),)


def test_a_generated_main_module_counts_by_the_files_name() -> None:
    modules = go(("caddy", ""), ("github.com/caddyserver/caddy/v2", "v2.11.7"))
    assert go_server("caddy", modules) == (PackageFact("generic", "caddy", "2.11.7"),)
    assert go_server("my-proxy", modules) == ()


def test_without_version_there_is_nothing_to_add() -> None:
    assert go_server("vault", go(("github.com/hashicorp/vault", ""))) == ()


def test_a_client_library_is_no_server() -> None:
    assert go_server("app", go(("example.org/app", "v1.0.0"), ("github.com/hashicorp/vault", "v1.2.3"))) == ()
