"""Servers written in Go, known by the module they are built from."""

import re

from landwaiter.inventory.models import PackageFact

PRODUCTS = {
    "github.com/caddyserver/caddy": "caddy",
    "github.com/containous/traefik": "traefik",
    "github.com/coredns/coredns": "coredns",
    "github.com/grafana/grafana": "grafana",
    "github.com/hashicorp/consul": "consul",
    "github.com/hashicorp/nomad": "nomad",
    "github.com/hashicorp/vault": "vault",
    "github.com/influxdata/influxdb": "influxdb",
    "github.com/influxdata/telegraf": "telegraf",
    "github.com/minio/minio": "minio",
    "github.com/nats-io/nats-server": "nats",
    "github.com/openbao/openbao": "openbao",
    "github.com/prometheus/alertmanager": "alertmanager",
    "github.com/prometheus/prometheus": "prometheus",
    "github.com/traefik/traefik": "traefik",
    "helm.sh/helm": "helm",
    "k8s.io/helm": "helm",
    "go.etcd.io/etcd": "etcd",
    "go.etcd.io/etcd/server": "etcd",
}

_MAJOR = re.compile(r"/v\d+$")


def go_server(name: str, packages: tuple[PackageFact, ...]) -> tuple[PackageFact, ...]:
    """Return the server that the Go program called `name` is.

    `packages` are its modules, the main one first. A server's module counts as a dependency too when the file has the
    server's name, as with Caddy, whose main module is generated. Without a version it is not named a second time.
    """
    for index, package in enumerate(packages):
        product = PRODUCTS.get(_MAJOR.sub("", package.name))
        if product and package.version and (index == 0 or name in {product, f"{product}d"}):
            return (PackageFact("generic", product, package.version.removeprefix("v")),)
    return ()
