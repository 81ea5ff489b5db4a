"""The platform under load: task events a second, the answer "known", every console page with a million findings.

Usage: python -m benchmarks.bench_platform [--images N] [--seconds N] [--rate N]. The database is an embedded one that
is filled with synthetic data; the server is a process of its own, spoken to over HTTP on the loopback address.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx2
import psycopg

from benchmarks.inputs import ROOT, machine
from benchmarks.platform_data import REGIONS, Filler, Size, account_of, cluster_of, digest
from landwaiter.advisories.build import build_bundle
from landwaiter.inventory.models import ANALYSER_VERSION
from landwaiter.matching.models import BundleInfo
from landwaiter.platform import administration
from landwaiter.platform.findings.bundles import BundleShelf
from landwaiter.platform.settings import Settings
from landwaiter.platform.store.database import Database
from landwaiter.platform.store.migrate import migrate

USER, PASSWORD = "bench", "correct horse battery"
PORT = 18_443
RUNS, CONNECTIONS = 40, 32
_SERVE = "import sys; from landwaiter.cli.main import main; main(['serve'])"


_PAGES = (
    "/", "/running", "/running?verdict=fail", "/running?verdict=not_assessed", "/running?text=service7",
    "/running?group=web7", f"/running?account={account_of(3)}&region={REGIONS[1]}", "/running?state=all",
    "/images", "/images?text=service77", "/images?verdict=fail&running=true", f"/images/{digest('7')}",
    f"/images/{digest('7')}/packages", "/vulnerabilities", "/vulnerabilities?running=true",
    "/vulnerabilities?text=CVE-2015", "/vulnerabilities?kev=true&running=true", "/vulnerabilities/CVE-2011-10097",
    "/first", "/gaps", "/scans", "/scans?state=failed", f"/scans/scn-{77:024x}", "/sensors",
)  # fmt: skip
"""The pages of the console, some of them filtered; that of a task comes with its ARN."""


@dataclass(frozen=True)
class Times:
    """Response times in milliseconds, and the CPU time of server and database for one response."""

    values: tuple[float, ...]
    cpu: float

    def at(self, part: float) -> float:
        """Return the time that `part` (0 to 1) of the responses stayed under."""
        return sorted(self.values)[min(len(self.values) - 1, int(len(self.values) * part))]

    def __str__(self) -> str:
        wall = f"{statistics.median(self.values):.1f} | {self.at(0.95):.1f} | {max(self.values):.1f}"
        return f"{wall} | {self.cpu:.1f}"


class Clock:
    """The CPU time that server and database have used: it says what a response costs on a busy machine, too."""

    def __init__(self, server: int, folder: Path) -> None:
        """Take the server's process, and the data folder where PostgreSQL's number is written."""
        self._roots = (server, int((folder / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0]))

    def read(self) -> float:
        """Return milliseconds of user and system time of both, with their children (proc(5))."""
        stats = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            stats[int(path.parent.name)] = (int(fields[1]), sum(int(field) for field in fields[11:15]))
        ours = [ticks for pid, (parent, ticks) in stats.items() if pid in self._roots or parent in self._roots]
        return sum(ours) * 1000 / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Fill a database, serve it, measure, and write the table to `results/platform.md`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_platform")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--data", type=Path, help="folder to keep the filled database in, for another run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rows = _measure(options.data or Path(scratch), Size(images=options.images), options.rate, options.seconds)
    results = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    (results / "platform.md").write_text("# Platform\n\n" + "\n".join(rows) + "\n")
    print("\n".join(rows))


def _measure(folder: Path, size: Size, rate: int, seconds: int) -> list[str]:
    settings = Settings(data=folder)
    token, read = _prepared(settings, size)
    stored = f"{size.images * size.findings:,} findings of {size.images:,} images, {size.scans:,} scans"
    rows = [
        f"Machine: {machine()}. One server process with its embedded PostgreSQL; the client is on the same machine.",
        f"Stored: {stored}, {size.running:,} running and {size.stopped:,} stopped tasks.",
        "",
        f"Load average {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores; CPU is of server and database, a response.",
        "",
        "| what | median ms | p95 ms | worst ms | CPU ms |",
        "| --- | --- | --- | --- | --- |",
    ]
    with _serving(folder) as clock:
        rows += _pages(clock, read)
        known, achieved = asyncio.run(_events(clock, token, size, 20, 10))
        rows.append(f'| "known" to a task event, {achieved:.0f} a second | {known} |')
        for wanted in (rate // 2, rate):
            loaded, achieved = asyncio.run(_events(clock, token, size, wanted, seconds))
            rows.append(f"| task events, {wanted} a second sent, {achieved:.0f} answered | {loaded} |")
    return rows


def _prepared(settings: Settings, size: Size) -> tuple[str, str]:
    """Fill the database unless it is filled already; return a sensor's token and a reader's."""
    bundle = _bundle(settings)
    with Database("", settings.database_folder) as database:
        migrate(database.engine)
        with psycopg.connect(database.dsn) as connection:
            filled = connection.execute("SELECT count(*) FROM images").fetchone()
            if not filled or not filled[0]:
                begun = time.monotonic()
                Filler(connection, size, bundle).fill()
                print(f"filled in {time.monotonic() - begun:.0f} s", file=sys.stderr)
                administration.add_user(settings, USER, PASSWORD, "admin")
            connection.execute("UPDATE images SET analyser = %s WHERE analyser <> %s", (ANALYSER_VERSION,) * 2)
    return (
        administration.create_token(settings, "sensor").text,
        administration.create_token(settings, "read").text,
    )


def _bundle(settings: Settings) -> BundleInfo:
    """Put a small bundle where the platform looks, and return what it is."""
    shelf = BundleShelf(settings.bundle_folder)
    if shelf.current() is None:
        feeds = settings.data / "feeds" / "osv" / "PyPI"
        feeds.mkdir(parents=True)
        modified = datetime.now(UTC).isoformat()
        with zipfile.ZipFile(feeds / "all.zip", "w") as archive:
            for number in range(200):
                record = {"schema_version": "1.6.0", "id": f"PYSEC-{number}", "modified": modified, "affected": []}
                archive.writestr(f"{number}.json", json.dumps(record))
        settings.bundle_folder.mkdir(parents=True)
        build_bundle(settings.data / "feeds", settings.bundle_folder / "bench.sqlite", built=datetime.now(UTC))
    info = shelf.info()
    assert info is not None
    return info


@contextmanager
def _serving(folder: Path) -> Iterator[Clock]:
    environment = {
        **os.environ, "LANDWAITER_DATA": str(folder), "LANDWAITER_PORT": str(PORT), "LANDWAITER_WORKER": "false",
        "LANDWAITER_LOG_LEVEL": "warning",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", _SERVE], env=environment)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx2.get(f"http://127.0.0.1:{PORT}/healthz").status_code == 200:
                    break
            except httpx2.HTTPError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield Clock(process.pid, folder)
    finally:
        process.terminate()
        process.wait(60)


def _pages(clock: Clock, token: str) -> Iterator[str]:
    """Yield a line for each page of the console, and for the heavy calls of the API."""
    task = f"arn:aws:ecs:{REGIONS[1]}:{account_of(90_001)}:task/cluster{90_001 % 5}/{90_001:032x}"
    base = f"http://127.0.0.1:{PORT}"
    with httpx2.Client(base_url=base, timeout=60) as browser:
        answer = browser.post("/sign-in", data={"name": USER, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        for path in (*_PAGES, f"/tasks/{quote(task, safe='')}"):
            yield f"| `{path}` | {_timed(clock, lambda path=path: browser.get(path))} |"  # type: ignore[misc]
    with httpx2.Client(base_url=base, timeout=60, headers={"Authorization": f"Bearer {token}"}) as reader:
        for path in ("/api/v1/overview", f"/api/v1/images/{digest('7')}/findings", "/api/v1/packages?name=package7"):
            yield f"| `{path}` | {_timed(clock, lambda path=path: reader.get(path))} |"  # type: ignore[misc]


def _timed(clock: Clock, ask: Callable[[], httpx2.Response]) -> Times:
    answer = ask()
    assert answer.status_code == 200, f"{answer.url}: {answer.status_code}"
    times, before = [], clock.read()
    for _ in range(RUNS):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    return Times(tuple(times), (clock.read() - before) / RUNS)


async def _events(clock: Clock, token: str, size: Size, rate: int, seconds: int) -> tuple[Times, float]:
    """Send events of new tasks of known images at a steady rate, whether the server keeps up or not.

    Times are counted from when an event was due, so a server that falls behind cannot hide it. Returns also how many a
    second were answered.
    """
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    times: list[float] = []
    stamp = time.time_ns()

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while (item := await due.get()) is not None:
            writer.write(item[1])
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            assert head.startswith(b"HTTP/1.1 200"), head + body
            assert b'"known"' in body, body
            times.append((time.perf_counter() - item[0]) * 1000)
        writer.close()

    senders = [asyncio.create_task(send()) for _ in range(CONNECTIONS)]
    begun, before = time.perf_counter(), clock.read()
    for number in range(rate * seconds):
        moment = begun + number / rate
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        due.put_nowait((moment, _event(token, f"{stamp}{number}", number % size.images + 1)))
    for _ in senders:
        due.put_nowait(None)
    await asyncio.gather(*senders)
    elapsed = time.perf_counter() - begun
    return Times(tuple(times), (clock.read() - before) / len(times)), len(times) / elapsed


def _event(token: str, name: str, image: int) -> bytes:
    account, cluster = account_of(image), cluster_of(image)
    container = {
        "name": "web", "image": "registry.example/x", "image_digest": digest(str(image)), "last_status": "RUNNING",
        "runtime_id": "",
    }  # fmt: skip
    task = {
        "task_arn": f"{cluster.replace(':cluster/', ':task/')}/{name}", "version": 1, "account": account,
        "region": REGIONS[image % 2], "cluster_arn": cluster, "group": "service:web",
        "task_definition_arn": f"arn:aws:ecs:eu-west-1:{account}:task-definition/service{image % 1000}:{image}",
        "last_status": "RUNNING", "desired_status": "RUNNING", "launch_type": "FARGATE", "platform_version": "1.4.0",
        "availability_zone": "", "architecture": "amd64", "started_at": "", "stopped_at": "", "stopped_reason": "",
        "updated_at": "", "event_id": name, "event_time": "", "containers": [container], "source": "event",
    }  # fmt: skip
    body = json.dumps({"task": task, "task_definition": None}).encode()
    head = (
        f"POST /api/v1/sensor/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    main()
