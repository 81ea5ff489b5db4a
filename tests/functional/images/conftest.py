"""A real registry: Debian's docker-registry, over TLS by a private CA, with and without passwords."""

import datetime as dt
import ipaddress
import json
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PASSWORD = "open sesame"
HTPASSWD = "ali:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n"


@dataclass(frozen=True)
class Authority:
    """A private root CA, and a certificate of its for this machine."""

    pem: str
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Registry:
    """A running registry; `host` with port."""

    host: str
    scheme: str
    ca_pem: str = ""
    login: tuple[str, str] | None = None

    def request(self, method, path, content=b"", **headers):
        url = path if "://" in path else f"{self.scheme}://{self.host}{path}"
        request = urllib.request.Request(url, data=content or None, method=method, headers=headers)
        if self.login:
            import base64

            request.add_header("Authorization", "Basic " + base64.b64encode(":".join(self.login).encode()).decode())
        context = ssl.create_default_context(cadata=self.ca_pem) if self.ca_pem else None
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        return opener.open(request, timeout=20)

    def push(self, builder, repository, tag, images, **options):
        """Push what an OCI layout of `images` holds; return the digest that the tag then names."""
        files = builder.layout_files(images, **options)
        top = json.loads(files["index.json"])["manifests"][0]
        inner = json.loads(files["blobs/" + top["digest"].replace(":", "/")])
        manifests = [one["digest"] for one in inner.get("manifests", [])] + [top["digest"]]
        for path, content in files.items():
            if path.startswith("blobs/"):
                digest = path.removeprefix("blobs/").replace("/", ":")
                if digest not in manifests:
                    self._push_blob(repository, digest, content)
        for digest in manifests:
            content = files.get("blobs/" + digest.replace(":", "/"))
            if content is None:
                continue
            document = json.loads(content)
            kind = document.get("mediaType", "application/vnd.oci.image.index.v1+json")
            name = tag if digest == top["digest"] else digest
            self.request("PUT", f"/v2/{repository}/manifests/{name}", content, **{"Content-Type": kind})
        return top["digest"]

    def _push_blob(self, repository, digest, content):
        started = self.request("POST", f"/v2/{repository}/blobs/uploads/")
        place = started.headers["Location"]
        self.request(
            "PUT",
            f"{place}{'&' if '?' in place else '?'}digest={digest}",
            content,
            **{"Content-Type": "application/octet-stream"},
        )


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ca")
    now = dt.datetime.now(dt.UTC)

    def certificate(subject, key, issuer, signer, *extensions):
        builder = x509.CertificateBuilder(
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]),
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]),
            key.public_key(),
            x509.random_serial_number(),
            now - dt.timedelta(hours=1),
            now + dt.timedelta(days=2),
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(signer, hashes.SHA256())

    root_key, own_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    root = certificate(
        "Test Root", root_key, "Test Root", root_key, x509.BasicConstraints(True, None), identifier, usage
    )
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("localhost"),
            x509.DNSName("registry.localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
    )
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    own = certificate("registry", own_key, "Test Root", root_key, x509.BasicConstraints(False, None), names, issuer)
    pem = serialization.Encoding.PEM
    (folder / "own.pem").write_bytes(own.public_bytes(pem))
    (folder / "own.key").write_bytes(
        own_key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    )
    return Authority(root.public_bytes(pem).decode(), folder / "own.pem", folder / "own.key")


@pytest.fixture(scope="session")
def start_registry(tmp_path_factory):
    """Starts docker-registry: `start(authority=None, htpasswd="")` gives a Registry."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("Debian's docker-registry is not installed")
    running = []

    def start(authority=None, htpasswd=""):
        folder = tmp_path_factory.mktemp("registry")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = {
            "version": "0.1",
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
            "http": {"addr": f"127.0.0.1:{port}"},
        }
        if authority:
            config["http"]["tls"] = {"certificate": str(authority.certificate), "key": str(authority.key)}
        if htpasswd:
            (folder / "htpasswd").write_text(htpasswd)
            config["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
        (folder / "config.yml").write_text(json.dumps(config))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
        running.append(process)
        registry = Registry(
            f"127.0.0.1:{port}",
            "https" if authority else "http",
            authority.pem if authority else "",
            ("ali", PASSWORD) if htpasswd else None,
        )
        wait_for(registry, process, folder / "log")
        return registry

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def wait_for(registry, process, log):
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        try:
            registry.request("GET", "/v2/")
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


@pytest.fixture(scope="session")
def plain_registry(start_registry):
    return start_registry()


@pytest.fixture(scope="session")
def tls_registry(start_registry, authority):
    return start_registry(authority)


@pytest.fixture(scope="session")
def locked_registry(start_registry, authority):
    return start_registry(authority, HTPASSWD)
