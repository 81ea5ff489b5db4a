"""Image to findings against osv-scanner, offline and on the same OSV records, and every difference with its reason.

The peer is the program named by LANDWAITER_OSV_SCANNER, or `osv-scanner` in the PATH.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.bench_inventory import LANDWAITER
from benchmarks.inputs import ROOT, MissingInputError, images, machine
from landwaiter.advisories.build import build_bundle

FEEDS = ROOT.parent / "shared" / "data" / "advisories"
_FOUND_SOMETHING = 1
"""The exit code of osv-scanner where it has findings."""
_ECOSYSTEMS = {"pypi": "PyPI", "npm": "npm", "golang": "Go", "cargo": "crates.io", "maven": "Maven", "deb": "Debian:12"}

Key = tuple[str, str, str]
"""Ecosystem, package and version."""


def main(runs: int) -> None:
    """Print the comparison and write it to `results/osv-scanner.md`. Raises MissingInputError without the peer."""
    peer = _peer()
    if not (FEEDS / "osv").is_dir():
        raise MissingInputError("the advisory feeds are missing: they do not lie beside this project")
    archive = images() / "B.docker.tar"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        build_bundle(FEEDS, folder / "bundle")
        _database(folder / "db")
        ours = [LANDWAITER, "scan", f"docker-archive:{archive}", "--no-cache", "--bundle", str(folder / "bundle")]
        ours += ["--format", "json", "--fail-on", "never", "--output", str(folder / "ours.json")]
        theirs = [peer, "scan", "image", "--archive", "--offline", "--all-vulns", "--format", "json", "--all-packages"]
        theirs += ["--output-file", str(folder / "theirs.json"), str(archive)]
        seconds: tuple[list[float], list[float]] = ([], [])
        for number in range(runs + 1):
            for command, taken in zip((ours, theirs), seconds, strict=True):
                spent = _seconds(command, folder)
                if number:
                    taken.append(spent)
        rows = [*_speed(peer, seconds, runs), "", *_differences(folder)]
    results = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    (results / "osv-scanner.md").write_text("# Image to findings, against osv-scanner\n\n" + "\n".join(rows) + "\n")
    print("\n".join(rows))


def _peer() -> str:
    found = shutil.which(os.environ.get("LANDWAITER_OSV_SCANNER", "osv-scanner"))
    if found is None:
        raise MissingInputError("osv-scanner is missing: put it in the PATH, or name it in LANDWAITER_OSV_SCANNER")
    return found


def _database(folder: Path) -> None:
    """Lay the OSV archives out as both names of osv-scanner's cache folder want them."""
    for name in ("osv-scanner", "osv-scalibr"):
        for archive in sorted((FEEDS / "osv").glob("*/all.zip")):
            (folder / name / archive.parent.name).mkdir(parents=True)
            (folder / name / archive.parent.name / "all.zip").symlink_to(archive)


def _seconds(command: Sequence[str], folder: Path) -> float:
    environment = {**os.environ, "OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY": str(folder / "db")}
    environment["LANDWAITER_HOME"] = str(folder / "home")
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    if done.returncode not in (0, _FOUND_SOMETHING):
        raise RuntimeError(f"{command[0]} failed with {done.returncode}: {done.stderr[-500:].decode(errors='replace')}")
    return time.perf_counter() - started


def _speed(peer: str, seconds: tuple[list[float], list[float]], runs: int) -> list[str]:
    version = subprocess.run([peer, "--version"], check=True, capture_output=True, text=True).stdout.splitlines()[0]
    ours, theirs = (statistics.median(taken) for taken in seconds)
    return [
        f"Machine: {machine()}; medians of {runs} runs in turn, after one uncounted. Peer: {version}, offline.",
        "Landwaiter also evaluates compliance and reads the whole feeds (all distributions, KEV, EPSS).",
        "",
        "| input | Landwaiter | osv-scanner | ratio |",
        "| --- | --- | --- | --- |",
        f"| B, docker-archive, raw | {ours:.2f} s | {theirs:.2f} s | {theirs / ours:.1f}× |",
    ]


def _differences(folder: Path) -> list[str]:
    ours = json.loads((folder / "ours.json").read_text())
    theirs = json.loads((folder / "theirs.json").read_text())
    packages = {_key(package) for package in ours["packages"]}
    named = {(_key(item["package"]), name) for item in ours["findings"] for name in (item["id"], *item["aliases"])}
    found = dict.fromkeys(_theirs(theirs))
    missing = Counter((*item, _why_missing(item, packages)) for item in found if item not in named)
    extra = Counter(
        (_key(item["package"]), item["id"], _why_extra(item, theirs))
        for item in ours["findings"]
        if not any((_key(item["package"]), name) in found for name in (item["id"], *item["aliases"]))
    )
    counts = f"osv-scanner names {len(found)} pairs of package and record, Landwaiter {len(ours['findings'])} findings"
    rows = [
        f"{counts} (aliases are one).",
        "",
        "| only in | package | vulnerability | why |",
        "| --- | --- | --- | --- |",
    ]
    for who, items in (("osv-scanner", missing), ("Landwaiter", extra)):
        rows += [f"| {who} | {' '.join(key)} | {name} | {why} |" for key, name, why in sorted(items)]
    return rows


def _theirs(document: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    for package, item in _entries(document):
        for record in item.get("vulnerabilities") or ():
            yield package, record["id"]


def _entries(document: dict[str, Any]) -> Iterator[tuple[Key, dict[str, Any]]]:
    for result in document["results"]:
        for item in result["packages"]:
            package = item["package"]
            yield (package.get("ecosystem", ""), _normal(package["name"]), package.get("version", "")), item


def _key(package: dict[str, Any]) -> Key:
    return _ECOSYSTEMS.get(package["type"], package["type"]), _normal(package["name"]), package["version"]


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def _why_missing(item: tuple[Key, str], packages: set[Key]) -> str:
    if item[0] not in packages:
        return "the package is not installed: only a lock file that stayed behind names it (a later layer removed it)"
    return "UNEXPLAINED: the package is known and the record is not matched"


def _why_extra(finding: dict[str, Any], theirs: dict[str, Any]) -> str:
    key = _key(finding["package"])
    if key not in {package for package, _ in _entries(theirs)}:
        return "osv-scanner does not see the package"
    return f"osv-scanner sees the package and misses the range {finding['reason']['range']}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
