"""A real PostgreSQL for the whole run, a database of its own for each test, and a platform on it."""

import hashlib
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import psycopg
import pytest
from starlette.testclient import TestClient

from landwaiter.advisories.build import build_bundle
from landwaiter.images.models import Image, ImageConfig, Layer, RootFs
from landwaiter.images.platform import Platform as ImagePlatform
from landwaiter.inventory.models import Evidence, LayerFacts, OsRelease, PackageFact
from landwaiter.platform.api.app import create_app
from landwaiter.platform.auth import tokens
from landwaiter.platform.context import Platform, platform_of
from landwaiter.platform.settings import Settings
from landwaiter.platform.store.database import Database
from landwaiter.platform.store.embedded import EmbeddedServer
from landwaiter.platform.store.migrate import migrate
from landwaiter.scan.document import ScanDocument

ACCOUNT, REGION = "123456789012", "eu-west-1"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shop"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[EmbeddedServer]:
    """One server for all workers of the run: each joins it, the last one to leave stops it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "postgres"
    server = EmbeddedServer(folder, {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(postgres: EmbeddedServer, worker_id: str) -> str:
    """The name of a migrated database to copy."""
    name = f"template_{worker_id}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    with Database(postgres.url(name), Path()) as database:
        migrate(database.engine)
    return name


@pytest.fixture
def empty_url(postgres: EmbeddedServer) -> Iterator[str]:
    """The DSN of a new database without any table."""
    yield from _database(postgres, "")


@pytest.fixture
def database_url(postgres: EmbeddedServer, template: str) -> Iterator[str]:
    """The DSN of a new, migrated database."""
    yield from _database(postgres, f'TEMPLATE "{template}"')


def _database(postgres: EmbeddedServer, options: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" {options}')
    yield postgres.url(name)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a platform without a worker, so that a test sees exactly what it asks for."""
    return Settings(data=tmp_path / "data", database_url=database_url, worker=False, admission_seconds=0)


@pytest.fixture
def platform(settings: Settings) -> Iterator[Platform]:
    """A platform with an open database."""
    platform = platform_of(settings)
    with platform.database:
        yield platform


@pytest.fixture
def make_token(platform: Platform) -> Callable[..., str]:
    """Make a token of a scope; keyword arguments as `create_token` has them."""

    def make(scope: str, **options: Any) -> str:
        with platform.database.begin() as session:
            return tokens.create_token(session, scope, **options).text

    return make


@pytest.fixture
def connect(settings: Settings, platform: Platform) -> Iterator[Callable[..., TestClient]]:
    """Return a client of the running application that calls from `address`."""
    app = create_app(settings, platform)
    with TestClient(app):

        def client(token: str = "", address: str = "127.0.0.1", **headers: str) -> TestClient:
            authorization = {"Authorization": f"Bearer {token}"} if token else {}
            return TestClient(
                app, client=(address, 40000), headers={**authorization, **headers}, raise_server_exceptions=False
            )

        yield client


@pytest.fixture
def sensor(connect: Callable[..., TestClient], make_token: Callable[..., str]) -> "SensorClient":
    """A sensor that calls from the loopback address with a good token."""
    return SensorClient(connect(make_token("sensor")))


@pytest.fixture
def sensor_type() -> type["SensorClient"]:
    """The sensor, to be used with an HTTP client of the test's own."""
    return SensorClient


@pytest.fixture
def reader(connect: Callable[..., TestClient], make_token: Callable[..., str]) -> TestClient:
    """A client that may read."""
    return connect(make_token("read"))


@dataclass
class SampleImage:
    """An image of one or more layers, made of facts: no bytes are needed to store and assess it."""

    reference: str
    layers: tuple[LayerFacts, ...]
    index_digest: str | None = None
    config: ImageConfig = field(default_factory=ImageConfig)

    @property
    def digest(self) -> str:
        """A digest that the reference and the layers determine."""
        return digest("manifest " + self.reference + " ".join(facts.diff_id for facts in self.layers))

    @property
    def image(self) -> Image:
        """The image as the scan job describes it."""
        layers = tuple(Layer(facts.diff_id, digest("blob " + facts.diff_id), 1000) for facts in self.layers)
        config = msgspec.structs.replace(
            self.config, rootfs=RootFs(diff_ids=tuple(facts.diff_id for facts in self.layers))
        )
        return Image(self.reference, self.digest, ImagePlatform(), layers, config, self.index_digest)

    def document(self, scan_id: str) -> ScanDocument:
        """The document of a scan of it."""
        return ScanDocument(scan_id, self.image, self.digest, pulled_layers=len(self.layers), pulled_bytes=1000)


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def python_layer(name: str, version: str) -> LayerFacts:
    """The facts of a layer with one wheel installed."""
    path = f"usr/local/lib/python3.11/site-packages/{name}-{version}.dist-info/METADATA"
    evidence = Evidence(path=path, analyser="python", packages=(PackageFact("pypi", name, version),))
    return LayerFacts(diff_id=digest(f"{name} {version}"), evidence=(evidence,), entries=3, size=2000)


def debian_layer(*packages: tuple[str, str]) -> LayerFacts:
    """The facts of a Debian 12 base layer with these packages."""
    found = tuple(PackageFact("deb", name, version, arch="amd64") for name, version in packages)
    release = OsRelease("debian", "12", "Debian GNU/Linux 12 (bookworm)", codename="bookworm")
    evidence = (
        Evidence(path="etc/os-release", analyser="os-release", os_release=release),
        Evidence(path="var/lib/dpkg/status", analyser="dpkg", packages=found),
    )
    return LayerFacts(diff_id=digest(f"debian {packages}"), evidence=evidence, entries=3, size=5000)


@pytest.fixture
def sample() -> SampleImage:
    """An image with jinja2 2.0, which the bundle of `advisories` knows to be vulnerable."""
    return SampleImage("registry.example/shop/web:1.0", (python_layer("jinja2", "2.0"),))


@pytest.fixture
def python_image() -> Callable[..., SampleImage]:
    """Make an image of one wheel a layer, given as name and version."""

    def make(*wheels: tuple[str, str], reference: str = "") -> SampleImage:
        name = reference or f"registry.example/shop/{wheels[0][0]}:{wheels[0][1]}"
        return SampleImage(name, tuple(python_layer(*wheel) for wheel in wheels))

    return make


class SensorClient:
    """What the Lambda function and the scan job do, call by call."""

    def __init__(self, http: httpx2.Client) -> None:
        self.http = http

    @staticmethod
    def task(
        name: str = "1", *, version: int = 2, status: str = "RUNNING", image: str = "registry.example/shop/web:1.0",
        image_digest: str = "", containers: list[dict[str, str]] | None = None, **changes: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Return a task's state as the trigger sends it."""
        one = {"name": "web", "image": image, "image_digest": image_digest, "last_status": status, "runtime_id": name}
        return {
            "task_arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/shop/{name}", "version": version, "account": ACCOUNT,
            "region": REGION, "cluster_arn": CLUSTER, "group": "service:web",
            "task_definition_arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:1",
            "last_status": status, "desired_status": status, "launch_type": "FARGATE", "platform_version": "1.4.0",
            "availability_zone": "eu-west-1a", "architecture": "amd64", "started_at": "2026-01-01T00:00:00Z",
            "stopped_at": "", "stopped_reason": "", "updated_at": "", "event_id": f"event-{name}-{version}",
            "event_time": "2026-01-01T00:00:01Z", "containers": containers or [one], "source": "event", **changes,
        }  # fmt: skip

    def report(self, task: dict[str, Any], definition: dict[str, Any] | None = None) -> dict[str, Any]:
        """Report a task; return the answer."""
        answer = self.http.post("/api/v1/sensor/tasks", json={"task": task, "task_definition": definition})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sweep(self, *tasks: dict[str, Any], clusters: tuple[str, ...] = (CLUSTER,), **more: Any) -> dict[str, Any]:
        """Report everything that runs."""
        listed = [{"task": {**task, "source": "sweep"}, "task_definition": None} for task in tasks]
        body = {"account": ACCOUNT, "region": REGION, "clusters": clusters, "tasks": listed, **more}
        answer = self.http.post("/api/v1/sensor/sweep", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload_facts(self, facts: LayerFacts) -> httpx2.Response:
        """Upload the facts of a layer."""
        return self.http.put(f"/api/v1/sensor/layers/{facts.diff_id}", content=msgspec.json.encode(facts))

    def upload_document(self, document: ScanDocument) -> httpx2.Response:
        """Upload a scan document."""
        path = f"/api/v1/sensor/scans/{document.scan_id}/document"
        return self.http.put(path, content=msgspec.json.encode(document))

    def scan(self, sample: SampleImage, scan_id: str) -> dict[str, Any]:
        """Do what the scan job does, with facts instead of layers; return the platform's answer."""
        diff_ids = [facts.diff_id for facts in sample.layers]
        query = self.http.post(f"/api/v1/sensor/scans/{scan_id}/layers/query", json={"diff_ids": diff_ids})
        missing = set(query.json()["missing"])
        for facts in sample.layers:
            if facts.diff_id in missing:
                assert self.upload_facts(facts).status_code == 204
        answer = self.upload_document(sample.document(scan_id))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, sample: SampleImage, name: str = "1", **task: Any) -> dict[str, Any]:
        """Report a task of the image by its digest and, when asked to, scan it; return the answer to the document."""
        state = self.task(name, image=sample.reference, image_digest=sample.digest, **task)
        (image,) = self.report(state)["images"]
        return self.scan(sample, image["scan_id"]) if image["state"] == "scan" else image


OSV = {
    "schema_version": "1.6.0",
    "id": "GHSA-zzzz-0000-0001",
    "modified": "2026-01-01T00:00:00Z",
    "aliases": ["CVE-2099-0001"],
    "summary": "Sandbox escape in a template engine",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "jinja2"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.6"}]}],
        }
    ],
}


@pytest.fixture
def advisories(tmp_path: Path, settings: Settings) -> Callable[..., Path]:
    """Build a bundle of OSV records for PyPI, and put it where the platform looks; return its path."""
    count = iter(range(100))

    def build(*records: dict[str, Any], folder: Path | None = None) -> Path:
        number = next(count)
        feeds = tmp_path / f"feeds{number}"
        (feeds / "osv" / "PyPI").mkdir(parents=True)
        with zipfile.ZipFile(feeds / "osv" / "PyPI" / "all.zip", "w") as archive:
            for record in records or (OSV,):
                archive.writestr(f"{record['id']}.json", json.dumps(record))
        out = (folder or settings.bundle_folder) / f"{number}.sqlite"
        build_bundle(feeds, out, built=datetime.now(UTC))
        return out

    return build
