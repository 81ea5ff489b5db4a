"""Advisories and matching: building the bundle, looking image B up, and matching stored images again after a delta.

The feeds are the local mirror beside the project. The stored images and the delta are synthetic: made here, of package
names that the bundle knows, with versions drawn at random.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.inputs import ROOT, MissingInputError, images, machine
from benchmarks.measure import measure
from landwaiter.advisories.bundle import Bundle, open_bundle
from landwaiter.advisories.delta import difference
from landwaiter.advisories.ecosystems import ECOSYSTEMS, base_of
from landwaiter.advisories.models import CompiledRecord, bounds_of, fixed_in
from landwaiter.advisories.writer import Writer
from landwaiter.images.open import open_source
from landwaiter.inventory.models import OsRelease, Package
from landwaiter.inventory.take import take_inventory
from landwaiter.matching.match import Matcher, match
from landwaiter.matching.rematch import touched

FEEDS = ROOT.parent / "shared" / "data" / "advisories"
BUILD = "from pathlib import Path; import sys; from landwaiter.advisories.build import build_bundle;"
BUILD += "build_bundle(Path(sys.argv[1]), Path(sys.argv[2]))"
POOL, PACKAGES, IMAGES, CHANGED = 20_000, 300, 100_000, 1_000
_COLD = """
import sys, time, resource, msgspec
from pathlib import Path
from landwaiter.advisories.bundle import open_bundle
from landwaiter.inventory.models import Inventory
from landwaiter.matching.match import match
inventory = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=Inventory)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
bundle = open_bundle(Path(sys.argv[1]))
opened = time.perf_counter()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
match(inventory, bundle)
print(opened - started, time.perf_counter() - started, memory / 1024)
"""


@dataclass(frozen=True)
class Stored:
    """A synthetic store: packages by number, and images as sets of numbers. `system` is None for language packages."""

    packages: list[tuple[Package, OsRelease | None]]
    images: list[frozenset[int]]


def main(runs: int) -> None:
    """Print the table and write it to `results/matching.md`."""
    if not FEEDS.is_dir():
        raise MissingInputError(
            f"the advisory feeds are missing: {FEEDS.parent.name}/{FEEDS.name} is not beside the project"
        )
    rows = [f"Machine: {machine()}; medians of {runs} runs.", "", "| what | measured |", "| --- | --- |"]
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        built = measure([sys.executable, "-c", BUILD, str(FEEDS), str(bundle)], runs)
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
    opening, whole, memory = (statistics.median(column) for column in zip(*cold, strict=True))
    with open_bundle(bundle) as opened:
        warm = statistics.median(_seconds(lambda: match(inventory, opened)) for _ in range(runs + 2))
        findings = len(match(inventory, opened).findings)
    return [
        f"| image B ({len(inventory.packages)} packages, {findings} findings), warm bundle | {warm * 1000:.0f} ms |",
        f"| the same in a new process, opening included | {whole * 1000:.0f} ms |",
        f"| opening alone | {opening * 1000:.0f} ms, {memory:.1f} MB |",
    ]


def _numbers(command: list[str]) -> list[float]:
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(number) for number in output.split()]


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _rematch(path: Path, folder: Path) -> list[str]:
    """Match again after the delta: each package that it concerns once, then every image that has it."""
    newer = folder / "newer"
    with open_bundle(path) as old:
        _change(old, newer)
    with open_bundle(path) as old, open_bundle(newer) as new:
        changed = len(difference(old, new).changed)
        stored = _store(old)
        matcher, before = Matcher(new), Matcher(old)
        started = time.perf_counter()
        delta = touched(old, new)
        concerned = [
            number
            for number, (package, system) in enumerate(stored.packages)
            if delta.concerns(package, matcher.distribution(system))
        ]
        moved = {number: _moved(stored.packages[number], before, matcher) for number in concerned}
        moved = {number: pair for number, pair in moved.items() if pair != ((), ())}
        numbers = frozenset(moved)
        hits = [image & numbers for image in stored.images]
        told = sum(len(gone) + len(come) for image in hits for gone, come in (moved[number] for number in image))
        seconds = time.perf_counter() - started
    what = f"{IMAGES:,} stored images ({PACKAGES} packages each of {POOL:,}) after {changed:,} changed records"
    return [
        f"| {what} | {seconds:.1f} s |",
        f"| … of which {sum(map(bool, hits)):,} images have findings that came or went, {told:,} in all | |",
    ]


def _moved(
    stored: tuple[Package, OsRelease | None], before: Matcher, after: Matcher
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the vulnerabilities that went and that came for one package."""
    package, system = stored
    was, now = (
        {finding.id for finding in matcher.findings(package, matcher.distribution(system))[0]}
        for matcher in (before, after)
    )
    return tuple(sorted(was - now)), tuple(sorted(now - was))


def _change(old: Bundle, path: Path) -> None:
    """Write a bundle in which records are fixed in another version than before."""
    chosen = set(random.Random(5).sample(range(old.info.advisories), CHANGED))
    writer = Writer(path, path.with_suffix(".sorting"))
    for number, compiled in enumerate(old.records()):
        writer.add(_changed(compiled) if number in chosen else compiled)
    writer.finish(old.tables())


def _changed(compiled: CompiledRecord) -> CompiledRecord:
    affected = tuple(msgspec.structs.replace(item, ranges=fixed_in("999")) for item in compiled.affected)
    return msgspec.structs.replace(compiled, affected=affected)


def _store(bundle: Bundle) -> Stored:
    """Make packages of names that the bundle knows, at versions that its ranges name, and images of them."""
    chance = random.Random(7)
    known: dict[tuple[str, str], str] = {}
    for compiled in bundle.records():
        for affected in compiled.affected:
            versions = bounds_of(affected.ranges)
            if versions:
                known[affected.ecosystem, affected.package] = chance.choice(versions)
    pool = chance.sample(sorted(known), min(POOL, len(known)))
    packages = [_package(*key, known[key]) for key in pool]
    numbers = range(len(packages))
    return Stored(packages, [frozenset(chance.sample(numbers, PACKAGES)) for _ in range(IMAGES)])


_SYSTEMS = {"AlmaLinux": "almalinux", "Alpine": "alpine", "Debian": "debian", "Rocky Linux": "rocky", "Red Hat": "rhel"}


def _package(ecosystem: str, name: str, version: str) -> tuple[Package, OsRelease | None]:
    base = base_of(ecosystem)
    kind = ECOSYSTEMS[base].purl_type
    package = Package(kind, name, version, f"pkg:{kind}/{name}@{version}")
    if base not in _SYSTEMS:
        return package, None
    return package, OsRelease(_SYSTEMS[base], ecosystem.partition(":")[2].removeprefix("v"))


if __name__ == "__main__":
    main(int(json.loads(sys.argv[1])) if len(sys.argv) > 1 else 3)
