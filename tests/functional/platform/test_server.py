"""The server as a process of its own: over TLS, killed in the middle of an upload, started again, stopped."""

import datetime as dt
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from landwaiter.platform import administration
from landwaiter.platform.settings import Settings, load_settings
from landwaiter.platform.store.embedded import EmbeddedServer

RUN = "from landwaiter.platform.settings import load_settings\nfrom landwaiter.platform.server import run\nrun(load_settings())"


@dataclass
class Authority:
    """A private root CA and a server certificate for 127.0.0.1."""

    root: Path
    certificate: Path
    key: Path


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    now = dt.datetime.now(dt.UTC)

    def certificate(name: str, issuer: str, key: Any, signer: Any, *extensions: Any) -> x509.Certificate:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name)).issuer_name(named(issuer)).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(minutes=5)).not_valid_after(now + dt.timedelta(days=1))
        )  # fmt: skip
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(signer, hashes.SHA256())

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate("root", "root", root_key, root_key, x509.BasicConstraints(ca=True, path_length=None))
    import ipaddress

    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = certificate("server", "root", key, root_key, x509.BasicConstraints(ca=False, path_length=None), address)
    paths = Authority(tmp_path / "root.pem", tmp_path / "server.pem", tmp_path / "server.key")
    paths.root.write_bytes(root.public_bytes(Encoding.PEM))
    paths.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
    paths.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


class Serving:
    """A `serve` process with its embedded database, and clients of it."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.port = _free_port()
        self.environment = {
            "LANDWAITER_DATA": str(folder / "data"), "LANDWAITER_PORT": str(self.port),
            "LANDWAITER_ADMISSION_SECONDS": "0.2", "LANDWAITER_TLS_CERTIFICATE": str(authority.certificate),
            "LANDWAITER_TLS_KEY": str(authority.key),
        }  # fmt: skip
        self.log = folder / "serve.log"
        self.context = ssl.create_default_context(cafile=str(authority.root))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        return load_settings(environment=self.environment)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUN], env={**os.environ, **self.environment}, stderr=log, stdout=log
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                assert self.client().get("/healthz").status_code == 200
            except httpx2.HTTPError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.05)
            else:
                return

    def client(self, token: str = "") -> httpx2.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(
            base_url=f"https://127.0.0.1:{self.port}", verify=self.context, headers=headers, timeout=30
        )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


@pytest.fixture
def serving(tmp_path: Path, authority: Authority) -> Iterator[Serving]:
    serving = Serving(tmp_path, authority)
    try:
        yield serving
    finally:
        if serving.process is not None and serving.process.poll() is None:
            serving.kill()
        leftover = EmbeddedServer(tmp_path / "data" / "postgres", {"fsync": "off"})
        leftover.start()
        leftover.stop()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_killed_in_the_middle_of_an_upload_nothing_is_lost(
    serving: Serving, sensor_type: Callable[..., Any], sample: Any, advisories: Callable[..., Path], tmp_path: Path
) -> None:
    serving.start()
    token = administration.create_token(serving.settings, "sensor").text
    read = administration.create_token(serving.settings, "read").text
    administration.import_bundle(serving.settings, advisories(folder=tmp_path / "built"))
    (facts,) = sample.layers
    second = msgspec.structs.replace(facts, diff_id="sha256:" + "2" * 64, evidence=())
    sample.layers = (facts, second)

    sensor = sensor_type(serving.client(token))
    (image,) = sensor.report(sensor.task(image_digest=sample.digest))["images"]
    assert sensor.upload_facts(facts).status_code == 204
    half_sent = _half_of_a_put(serving, token, f"/api/v1/sensor/layers/{second.diff_id}", msgspec.json.encode(second))
    serving.kill()
    half_sent.close()

    serving.start()
    sensor = sensor_type(serving.client(token))
    duplicate = sensor.report(sensor.task(image_digest=sample.digest))
    assert (duplicate["duplicate"], duplicate["images"][0]["scan_id"]) == (True, image["scan_id"])
    query = {"diff_ids": [facts.diff_id, second.diff_id]}
    answer = sensor.http.post(f"/api/v1/sensor/scans/{image['scan_id']}/layers/query", json=query)
    assert answer.json() == {"missing": [second.diff_id]}, "what was taken in is there, what was not is asked for"
    assert sensor.scan(sample, image["scan_id"])["verdict"]["status"] == "fail"

    serving.kill()
    serving.start()
    (task,) = serving.client(read).get("/api/v1/tasks").json()["tasks"]
    assert task["containers"][0]["verdict"] == "fail"
    assert serving.stop() == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(EmbeddedServer(serving.settings.database_folder).url(), connect_timeout=2)
    assert token not in serving.log.read_text()


def test_tls_is_verified_and_http_is_not_spoken(serving: Serving) -> None:
    serving.start()
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx2.get(f"https://127.0.0.1:{serving.port}/healthz", verify=ssl.create_default_context())
    with pytest.raises(httpx2.HTTPError):
        httpx2.get(f"http://127.0.0.1:{serving.port}/healthz")
    answer = serving.client().get("/healthz")
    assert answer.json() == {"status": "ok"}
    assert "max-age" in answer.headers["strict-transport-security"]
    with socket.create_connection(("127.0.0.1", serving.port)) as plain:
        assert serving.context.wrap_socket(plain, server_hostname="127.0.0.1").version() in {"TLSv1.2", "TLSv1.3"}


def test_administration_joins_a_server_that_runs(serving: Serving) -> None:
    serving.start()
    settings = serving.settings
    new = administration.create_token(settings, "read", note="for the dashboard")
    assert serving.client(new.text).get("/api/v1/status").json()["embedded_database"] is True
    assert [token.note for token in administration.list_tokens(settings)] == ["for the dashboard"]
    administration.add_user(settings, "ada", "correct horse battery", "admin")
    administration.set_password(settings, "ada", "another good password")
    administration.disable_user(settings, "ada")
    assert [(user.name, user.disabled) for user in administration.list_users(settings)] == [("ada", True)]
    assert administration.allow_network(settings, "10.0.0.0/8", "egress") == "10.0.0.0/8"
    assert [item.network for item in administration.list_networks(settings)] == ["10.0.0.0/8"]
    administration.disallow_network(settings, "10.0.0.0/8")
    administration.revoke_token(settings, new.token.prefix)
    time.sleep(0.3)
    assert serving.client(new.text).get("/api/v1/status").status_code == 401
    actions = [entry.action for entry in administration.read_audit(settings)]
    assert actions == [
        "token revoked", "network disallowed", "network allowed", "user disabled", "password set", "user added",
        "token created",
    ]  # fmt: skip
    assert new.text not in json.dumps([msgspec.to_builtins(entry) for entry in administration.read_audit(settings)])


def test_an_embedded_database_that_was_killed_is_started_again(serving: Serving) -> None:
    serving.start()
    new = administration.create_token(serving.settings, "read").text
    pid = int((serving.settings.database_folder / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGQUIT)
    client = serving.client(new)
    deadline = time.monotonic() + 90
    for wanted in (503, 200):
        while client.get("/api/v1/overview").status_code != wanted:
            assert time.monotonic() < deadline, (wanted, serving.log.read_text())
            time.sleep(0.1)
    assert "has gone; it is started again" in serving.log.read_text()
    assert serving.stop() == 0


def test_a_port_that_is_taken_is_told(serving: Serving) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", serving.port))
        listener.listen()
        done = subprocess.run(
            [sys.executable, "-c", RUN], env={**os.environ, **serving.environment}, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode != 0
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert not (serving.settings.database_folder / "data").exists(), "nothing was started"


def test_a_stop_while_it_starts_leaves_nothing_running(serving: Serving) -> None:
    administration.list_tokens(serving.settings)
    with serving.log.open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", RUN], env={**os.environ, **serving.environment}, stderr=log)
    deadline = time.monotonic() + 30
    while "PostgreSQL runs" not in serving.log.read_text() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(EmbeddedServer(serving.settings.database_folder).url(), connect_timeout=2)


@pytest.mark.parametrize("wrong", ["certificate", "key"])
def test_a_certificate_that_cannot_be_read_is_told(serving: Serving, authority: Authority, wrong: str) -> None:
    settings = serving.settings
    (authority.certificate if wrong == "certificate" else authority.key).write_text("nonsense")
    done = subprocess.run(
        [sys.executable, "-c", RUN], env={**os.environ, **serving.environment}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "InputError" in done.stderr
    assert "tls_certificate" in done.stderr
    assert not settings.data.exists(), "nothing was started"


def test_a_certificate_that_has_expired_is_told(serving: Serving, authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=90)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
    expired = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(past).not_valid_after(past + dt.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    authority.certificate.write_bytes(expired.public_bytes(Encoding.PEM))
    authority.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    done = subprocess.run(
        [sys.executable, "-c", RUN], env={**os.environ, **serving.environment}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "expired on" in done.stderr
    assert not (serving.settings.database_folder / "data").exists(), "nothing was started"


def _half_of_a_put(serving: Serving, token: str, path: str, body: bytes) -> ssl.SSLSocket:
    """Send the first half of a request, and leave it at that."""
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = serving.context.wrap_socket(
        socket.create_connection(("127.0.0.1", serving.port)), server_hostname="127.0.0.1"
    )
    connection.sendall(head.encode() + body[: len(body) // 2])
    time.sleep(0.3)
    return connection


def test_a_second_server_on_the_same_data_folder_shares_the_database(
    serving: Serving, authority: Authority, tmp_path: Path
) -> None:
    serving.start()
    other = Serving(tmp_path, authority)
    other.log = tmp_path / "other.log"
    try:
        other.start()
        new = administration.create_token(serving.settings, "read").text
        for server in (serving, other):
            assert server.client(new).get("/api/v1/status").status_code == 200
        assert serving.stop() == 0
        assert other.client(new).get("/api/v1/status").status_code == 200, "the first to leave does not take it along"
        assert other.stop() == 0
    finally:
        if other.process is not None and other.process.poll() is None:
            other.kill()
