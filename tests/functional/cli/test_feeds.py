"""`landwaiter feeds` as an operator uses it: real commands, feeds from a web server and from folders."""

import functools
import gzip
import json
import os
import pty
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

FEEDS = ("osv/npm", "kev", "epss")


def record(identifier: str, name: str, fixed: str) -> dict[str, Any]:
    ranges = [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": fixed}]}]
    affected = [{"package": {"ecosystem": "npm", "name": name}, "ranges": ranges}]
    return {"id": identifier, "modified": "2024-01-01T00:00:00Z", "affected": affected}


def publish(folder: Path, *records: dict[str, Any]) -> None:
    """Write a small mirror: npm, KEV and EPSS."""
    for name in ("osv/npm", "kev", "epss"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "osv/npm/all.zip", "w") as archive:
        for item in records:
            archive.writestr(f"{item['id']}.json", json.dumps(item))
        archive.writestr("GHSA-broken.json", "{")
    kev = {"dateReleased": "2024-04-01T00:00:00Z", "vulnerabilities": [{"cveID": "CVE-2024-0001"}]}
    (folder / "kev/known_exploited_vulnerabilities.json").write_text(json.dumps(kev))
    scores = b"#model_version:v1,score_date:2024-04-02T00:00:00+0000\ncve,epss,percentile\n"
    (folder / "epss/epss_scores-current.csv.gz").write_bytes(gzip.compress(scores))


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    publish(tmp_path / "mirror", record("GHSA-a", "a", "1.0.0"), record("GHSA-b", "b", "2.0.0"))
    return tmp_path / "mirror"


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Run `landwaiter feeds ...` with a home of its own; returns the finished process."""

    def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "landwaiter", "feeds", *arguments]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LANDWAITER_")}
        settings = {**clean, "LANDWAITER_HOME": str(tmp_path / "home"), **environment}
        done = subprocess.run(command, capture_output=True, text=True, env=settings, check=False)
        assert "Traceback" not in done.stderr
        return done

    return call


def update(run: Any, mirror: Path, *more: str) -> Any:
    return run("update", *FEEDS, "--mirror", str(mirror), *more)


def shown(run: Any, *arguments: str) -> dict[str, Any]:
    return {feed["feed"]: feed for feed in json.loads(run("status", "--format", "json", *arguments).stdout)["feeds"]}


def test_update_builds_a_bundle_and_shows_it(run: Any, mirror: Path, tmp_path: Path) -> None:
    done = update(run, mirror)
    assert done.returncode == 0
    assert done.stderr.startswith("made the signing key")
    assert "\x1b" not in done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["osv/npm", "2", "1"] in [line[:3] for line in lines]
    assert "signed by ed25519:" in done.stdout
    assert run("verify", "--trust", str(tmp_path / "home/keys/bundle.pub")).stdout.startswith("sound: 2 advisories")
    again = update(run, mirror)
    assert (again.returncode, again.stderr) == (0, "")


def test_a_feed_that_fails_is_shown_and_the_rest_goes_on(run: Any, mirror: Path, tmp_path: Path) -> None:
    update(run, mirror)
    (mirror / "osv/npm/all.zip").write_bytes(b"rubbish")
    kev = json.loads((mirror / "kev/known_exploited_vulnerabilities.json").read_text())
    kev["vulnerabilities"].append({"cveID": "CVE-2024-0002"})
    (mirror / "kev/known_exploited_vulnerabilities.json").write_text(json.dumps(kev))
    done = update(run, mirror)
    assert done.returncode == 3
    assert "1 of 3 feeds could not be fetched: osv/npm" in done.stderr
    assert "not a zip archive" in done.stdout
    feeds = shown(run)
    assert (feeds["osv/npm"]["state"], feeds["osv/npm"]["records"]) == ("failed", 2)
    assert feeds["osv/npm"]["age"] == "less than an hour old"
    assert (feeds["kev"]["state"], feeds["kev"]["records"]) == ("fresh", 2)
    assert run("status", "--check").returncode == 1


def test_nothing_can_be_fetched(run: Any, tmp_path: Path) -> None:
    done = update(run, tmp_path / "nowhere")
    assert done.returncode == 3
    assert "3 of 3 feeds" in done.stderr
    assert not (tmp_path / "home/bundle").exists()


def test_status_tells_stale_from_fresh(run: Any, mirror: Path) -> None:
    update(run, mirror)
    assert run("status", "--check").returncode == 0
    assert {feed["state"] for feed in shown(run, "--max-age", "0").values()} == {"stale"}
    assert run("status", "--check", "--max-age", "0").returncode == 1


def test_the_quarantine_names_the_record(run: Any, mirror: Path) -> None:
    update(run, mirror)
    (entry,) = json.loads(run("quarantine", "--format", "json").stdout)
    assert (entry["feed"], entry["record"], entry["kept"]) == ("osv/npm", "GHSA-broken.json", False)


def test_settings_file_environment_and_addresses(run: Any, mirror: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "feeds.toml").write_text(f'only = ["kev"]\n[addresses]\nkev = "{mirror}/kev"\n')
    assert run("update").returncode == 0
    assert set(shown(run)) == {"kev"}
    done = run("update", "epss", LANDWAITER_FEEDS_MIRROR=str(mirror))
    assert done.returncode == 0
    assert set(shown(run)) == {"kev", "epss"}
    done = run("update", "--address", "kev")
    assert (done.returncode, done.stdout) == (2, "")
    (home / "feeds.toml").write_text("miror = 1\n")
    done = run("update")
    assert done.returncode == 2
    assert "did you mean 'mirror'" in done.stderr


def test_over_an_air_gap(run: Any, mirror: Path, tmp_path: Path) -> None:
    update(run, mirror)
    key, archive, there = tmp_path / "home/keys/bundle.pub", tmp_path / "advisories.lwb", str(tmp_path / "there/bundle")
    assert run("export", str(archive)).returncode == 0
    stranger = {"LANDWAITER_HOME": str(tmp_path / "stranger")}
    done = run("import", str(archive), "--bundle", there, **stranger)
    assert done.returncode == 2
    assert "not trusted" in done.stderr
    assert run("import", str(archive), "--bundle", there, "--trust", str(key), **stranger).returncode == 0
    old = tmp_path / "old.sqlite"
    old.write_bytes(Path(there).read_bytes())
    time.sleep(1.1)  # a feed's time is in whole seconds
    publish(mirror, record("GHSA-a", "a", "1.0.1"), record("GHSA-c", "c", "3.0.0"))
    assert update(run, mirror).returncode == 0
    new = tmp_path / "home/bundle/advisories.sqlite"
    delta = tmp_path / "day.delta"
    assert "1 records added, 1 changed, 1 removed" in run("delta", str(old), str(new), str(delta)).stdout
    assert run("apply", str(delta), "--bundle", there, "--trust", str(key), **stranger).returncode == 0
    assert Path(there).read_bytes() == new.read_bytes()
    done = run("import", str(old), "--bundle", there, "--trust", str(key), **stranger)
    assert done.returncode == 3
    assert "--allow-older" in done.stderr
    assert Path(there).read_bytes() == new.read_bytes()
    assert run("import", str(old), "--bundle", there, "--trust", str(key), "--allow-older", **stranger).returncode == 0
    assert Path(there).read_bytes() == old.read_bytes()
    archive.write_bytes(archive.read_bytes()[:-30])
    assert run("import", str(archive), "--bundle", there, "--trust", str(key), **stranger).returncode == 2
    assert Path(there).read_bytes() == old.read_bytes()


def test_a_folder_that_update_filled_is_a_mirror(run: Any, mirror: Path, tmp_path: Path) -> None:
    served = tmp_path / "served"
    assert update(run, mirror, "--feeds", str(served), "--no-build").returncode == 0
    with serving(served) as address:
        done = run("update", *FEEDS, "--mirror", address, "--feeds", str(tmp_path / "second"))
        assert (done.returncode, shown(run, "--feeds", str(tmp_path / "second"))["osv/npm"]["records"]) == (0, 2)
    assert (tmp_path / "second/osv/npm/all.zip").read_bytes() == (mirror / "osv/npm/all.zip").read_bytes()


def test_a_mirror_that_nobody_fills_any_more_is_stale(run: Any, mirror: Path, tmp_path: Path) -> None:
    served, ours = tmp_path / "served", str(tmp_path / "second")
    assert update(run, mirror, "--feeds", str(served), "--no-build").returncode == 0
    states = json.loads((served / "feeds.json").read_text())
    states["feeds"]["osv/npm"]["checked"] = "2024-05-01T00:00:00Z"
    states["feeds"]["kev"]["checked"] = "2999-01-01T00:00:00Z"
    states["feeds"]["epss"]["checked"] = "no time"
    (served / "feeds.json").write_text(json.dumps(states))
    with serving(served) as address:
        for where in (address, str(served)):
            assert run("update", *FEEDS, "--mirror", where, "--feeds", ours).returncode == 0
            told = shown(run, "--feeds", ours)
            assert {name: told[name]["state"] for name in FEEDS} == {
                "osv/npm": "stale",
                "kev": "fresh",
                "epss": "fresh",
            }
            assert told["osv/npm"]["fetched"] == "2024-05-01T00:00:00Z"
    (served / "feeds.json").write_text("{")
    assert run("update", *FEEDS, "--mirror", str(served), "--feeds", ours).returncode == 0


class serving:  # noqa: N801 - used as a function is
    """Serve a folder on this machine with Python's plain web server."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Be quiet."""


def test_at_a_terminal_there_is_a_bar(mirror: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "landwaiter", "feeds", "update", *FEEDS, "--mirror", str(mirror)]
    environment = {**os.environ, "LANDWAITER_HOME": str(tmp_path / "home"), "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment, text=True)
    os.close(theirs)
    seen = b"".join(_read_all(ours)).decode()
    assert process.stdout is not None
    output = process.stdout.read()
    assert process.wait() == 0
    assert "3/3" in seen
    assert "\x1b" not in output


def _read_all(terminal: int) -> Iterator[bytes]:
    try:
        while chunk := os.read(terminal, 4096):
            yield chunk
    except OSError:
        # A terminal whose other side was closed says so in this way.
        pass
    finally:
        os.close(terminal)


@pytest.mark.parametrize(
    "name", ["update", "build", "status", "quarantine", "verify", "export", "import", "delta", "apply"]
)
def test_every_command_has_examples(run: Any, name: str) -> None:
    assert f"landwaiter feeds {name}" in run(name, "--help").stdout
