"""Advisories and matching: building the bundle, looking image B up, and matching stored images again after a delta.

The feeds are the local mirror beside the project. The stored images are synthetic (see `stored_images`). The delta is
from the bundle as it may have been some days ago to the real one.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.inputs import ROOT, MissingInputError, images, machine
from benchmarks.measure import Command, measure
from benchmarks.stored_images import PACKAGES, POOL, SYSTEMS, Stored, make_store, system_of
from landwaiter.advisories.bundle import Bundle, open_bundle
from landwaiter.advisories.delta import difference
from landwaiter.advisories.ecosystems import base_of
from landwaiter.advisories.models import ALL_VERSIONS, CompiledRecord
from landwaiter.advisories.writer import Writer
from landwaiter.images.open import open_source
from landwaiter.inventory.take import take_inventory
from landwaiter.matching.match import Matcher, match
from landwaiter.matching.models import Finding
from landwaiter.matching.rematch import Touched, rematch, touched

FEEDS = ROOT.parent / "shared" / "data" / "advisories"
BUILD = "from pathlib import Path; import sys; from landwaiter.advisories.build import build_bundle;"
BUILD += "build_bundle(Path(sys.argv[1]), Path(sys.argv[2]))"
IMAGES, CHANGED, PROVED = 100_000, 1_000, 200
Moved = tuple[frozenset[str], frozenset[str]]
"""The vulnerabilities that go, and those that come."""
_COLD = """
import sys, time, msgspec
from pathlib import Path
from landwaiter.advisories.bundle import open_bundle
from landwaiter.inventory.models import Inventory
from landwaiter.matching.match import match
def kilobytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
inventory = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=Inventory)
Path("/proc/self/clear_refs").write_text("5")
before = kilobytes("VmRSS")
started = time.perf_counter()
bundle = open_bundle(Path(sys.argv[1]))
opened = time.perf_counter()
match(inventory, bundle)
finished = time.perf_counter()
whole = kilobytes("VmHWM") - before
bundle.close()
Path("/proc/self/clear_refs").write_text("5")
before = kilobytes("VmRSS")
open_bundle(Path(sys.argv[1]))
print(opened - started, finished - started, (kilobytes("VmHWM") - before) / 1024, whole / 1024)
"""


def main(runs: int) -> None:
    """Print the table and write it to `results/matching.md`."""
    if not FEEDS.is_dir():
        raise MissingInputError(
            f"the advisory feeds are missing: {FEEDS.parent.name}/{FEEDS.name} is not beside the project"
        )
    load = f"load {os.getloadavg()[0]:.1f} before (on a busy machine CPU seconds tell more than wall)"
    rows = [f"Machine: {machine()}; medians of {runs} runs; {load}.", "", "| what | measured |", "| --- | --- |"]
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        (built,) = measure(Command((sys.executable, "-c", BUILD, str(FEEDS), str(bundle)), runs))
        rows.append(f"| bundle of all feeds ({bundle.stat().st_size / 1e6:.0f} MB) | {built} |")
        rows += _look_up(bundle, Path(folder), runs)
        rows += _rematch(bundle, Path(folder))
    results = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    (results / "matching.md").write_text("# Advisories and matching\n\n" + "\n".join(rows) + "\n")
    print("\n".join(rows))


def _look_up(bundle: Path, folder: Path, runs: int) -> list[str]:
    with open_source(f"oci-layout:{images()}/oci/B") as source:
        inventory = take_inventory(source, cache=None)
    stored = folder / "B.json"
    stored.write_bytes(msgspec.json.encode(inventory))
    cold = [_numbers([sys.executable, "-c", _COLD, str(bundle), str(stored)]) for _ in range(runs)]
    opening, whole, memory, most = (statistics.median(column) for column in zip(*cold, strict=True))
    with open_bundle(bundle) as opened:
        warm = statistics.median(_seconds(lambda: match(inventory, opened)) for _ in range(runs + 2))
        findings = len(match(inventory, opened).findings)
    return [
        f"| image B ({len(inventory.packages)} packages, {findings} findings), warm bundle | {warm * 1000:.0f} ms |",
        f"| the same in a new process, opening included | {whole * 1000:.0f} ms, {most:.1f} MB more than before |",
        f"| opening alone | {opening * 1000:.0f} ms, {memory:.1f} MB at its most |",
    ]


def _numbers(command: list[str]) -> list[float]:
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(number) for number in output.split()]


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _rematch(path: Path, folder: Path) -> list[str]:
    """Match again after the delta: each package that it concerns once, then every image that has it.

    A sample of the images is also matched afresh, and by `rematch`: all three must find the same.
    """
    older = folder / "older"
    with open_bundle(path) as new:
        _without_newest(new, older)
    with open_bundle(older) as old, open_bundle(path) as new:
        changed = difference(old, new)
        stored = make_store(new, IMAGES)
        before, after = Matcher(old), Matcher(new)
        started = time.perf_counter()
        delta = touched(old, new)
        moved = _moved_packages(stored, delta, before, after)
        moves = _moves(stored, moved)
        seconds = time.perf_counter() - started
        again, whole = _proved(stored, moves, delta, before, after)
    count = sum(map(len, moves.values()))
    what = f"{IMAGES:,} stored images ({PACKAGES} packages each of {POOL:,})"
    records = f"{len(changed.added):,} new and {len(changed.changed):,} changed records"
    return [
        f"| {what} after {records} | {seconds:.1f} s |",
        f"| … {len(moved):,} packages and {len(moves):,} images have findings that came or went, in all | {count:,} |",
        f"| the same for one image, all of it matched afresh | {whole * 1000:.1f} ms |",
        f"| … by `rematch`, on its own (no other image's work is used) | {again * 1000:.1f} ms |",
        f"| … images of which the three ways were compared, all equal | {PROVED:,} |",
    ]


def _moved_packages(stored: Stored, delta: Touched, before: Matcher, after: Matcher) -> dict[int, Moved]:
    """Return the vulnerabilities that go and that come for each package of the pool that the delta moves."""
    moved = {}
    for number, (ecosystem, package) in enumerate(stored.packages):
        system = after.distribution(system_of(ecosystem)) if base_of(ecosystem) in SYSTEMS else None
        if delta.concerns(package, system):
            was = _ids(before.findings(package, system)[0])
            now = _ids(after.findings(package, system)[0])
            if was != now:
                moved[number] = was - now, now - was
    return moved


def _moves(stored: Stored, moved: dict[int, Moved]) -> dict[int, list[tuple[int, Moved]]]:
    """Return what goes and comes for every image that has one of the packages moved, by package."""
    numbers = frozenset(moved)
    hits = ((at, members & numbers) for at, (_, members) in enumerate(stored.images))
    return {at: [(number, moved[number]) for number in sorted(hit)] for at, hit in hits if hit}


def _proved(
    stored: Stored, moves: dict[int, list[tuple[int, Moved]]], delta: Touched, before: Matcher, after: Matcher
) -> tuple[float, float]:
    """Compare the three ways on a sample of images; return the seconds of `rematch` and of a fresh match for one."""
    again = whole = 0.0
    for at in random.Random(11).sample(range(len(stored.images)), PROVED):
        inventory = stored.inventory(at)
        was = before.assess(inventory)
        started = time.perf_counter()
        redone = rematch(inventory, was, Matcher(after.bundle), delta)
        again += time.perf_counter() - started
        started = time.perf_counter()
        fresh = match(inventory, after.bundle)
        whole += time.perf_counter() - started
        if redone != fresh:
            raise RuntimeError(f"image {at}: matching again gives something else than matching afresh")
        expected = {(f.package.name, f.id) for f in was.findings}
        for number, (gone, come) in moves.get(at, ()):
            name = stored.packages[number][1].name
            expected = expected - {(name, item) for item in gone} | {(name, item) for item in come}
        if expected != {(f.package.name, f.id) for f in fresh.findings}:
            raise RuntimeError(f"image {at}: what is said to come and go is not what does")
    return again / PROVED, whole / PROVED


def _ids(findings: tuple[Finding, ...]) -> frozenset[str]:
    return frozenset(finding.id for finding in findings)


def _without_newest(new: Bundle, path: Path) -> None:
    """Write the bundle of some days ago: of the records modified last half did not exist, half knew of no fix yet."""
    dated = sorted(((c.record.modified, c.record.feed, c.record.id) for c in new.records()), reverse=True)
    newest = {(feed, identifier): at % 2 == 0 for at, (_, feed, identifier) in enumerate(dated[:CHANGED])}
    writer = Writer(path, path.with_suffix(".sorting"))
    for compiled in new.records():
        absent = newest.get((compiled.record.feed, compiled.record.id))
        if absent is None:
            writer.add(compiled)
        elif not absent:
            writer.add(_unfixed(compiled))
    writer.finish(new.tables())


def _unfixed(compiled: CompiledRecord) -> CompiledRecord:
    affected = tuple(msgspec.structs.replace(item, ranges=ALL_VERSIONS, versions=()) for item in compiled.affected)
    return msgspec.structs.replace(compiled, affected=affected)


if __name__ == "__main__":
    main(int(json.loads(sys.argv[1])) if len(sys.argv) > 1 else 3)
