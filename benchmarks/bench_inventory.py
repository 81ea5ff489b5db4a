"""The inventory against Trivy and Syft: same image, same run, cold process, empty cache unless told."""

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.inputs import ROOT, MissingInputError, images, machine, peers
from benchmarks.measure import Command, Measured, measure

LANDWAITER = str(ROOT / ".venv" / "bin" / "landwaiter")


@dataclass(frozen=True)
class Case:
    """One input for all; `target` is ours, `peer_targets` theirs; None leaves a peer out."""

    name: str
    image: str
    target: str
    trivy: str | None
    syft: str | None
    warm: bool = False


def cases(folder: Path) -> list[Case]:
    """Return the inputs: gzip layers of A and B, raw layers of B, and a warm layer cache."""
    return [
        Case("A, OCI layout, gzip", "A", f"oci-layout:{folder}/oci/A", f"{folder}/oci/A", f"oci-dir:{folder}/oci/A"),
        Case("B, OCI layout, gzip", "B", f"oci-layout:{folder}/oci/B", f"{folder}/oci/B", f"oci-dir:{folder}/oci/B"),
        Case(
            "B, docker-archive, raw",
            "B",
            f"docker-archive:{folder}/B.docker.tar",
            f"{folder}/B.docker.tar",
            f"docker-archive:{folder}/B.docker.tar",
        ),
        Case("B, OCI layout, warm cache", "B", f"oci-layout:{folder}/oci/B", f"{folder}/oci/B", None, warm=True),
    ]


def run(runs: int) -> str:
    """Measure every case and return the table as Markdown."""
    folder = images()
    tools, missing = _tools()
    rows = [f"Machine: {machine()}; medians of {runs} runs (Syft: {_syft_runs(runs)}), the tools in turn.", ""]
    rows += [f"Missing: {line}." for line in missing]
    rows += ["| input | Landwaiter | Trivy | ratio | Syft | ratio |", "| --- | --- | --- | --- | --- | --- |"]
    for case in cases(folder):
        with tempfile.TemporaryDirectory() as cache:
            rows.append(_row(case, tools, Path(cache), runs))
    rows += ["", *_correctness(folder)]
    return "\n".join(rows)


def _tools() -> tuple[dict[str, str], list[str]]:
    """Return the peers that can be had by name, and what is missing."""
    try:
        folder = peers()
    except (MissingInputError, subprocess.CalledProcessError) as error:
        return {}, [f"Trivy and Syft ({error})"]
    found = {name: str(folder / name) for name in ("trivy", "syft") if (folder / name).exists()}
    return found, [
        f"{name.title()} (its installation did not succeed)" for name in ("trivy", "syft") if name not in found
    ]


def _syft_runs(runs: int) -> int:
    return max(1, runs // 2)


def _row(case: Case, tools: dict[str, str], cache: Path, runs: int) -> str:
    ours = [LANDWAITER, "inventory", case.target, "--format", "json", *([] if case.warm else ["--no-cache"])]
    commands = {"ours": Command(ours, runs, (("LANDWAITER_HOME", str(cache / "ours")),))}
    if case.trivy and "trivy" in tools:
        keep = [str(cache / "trivy")] if case.warm else []
        commands["trivy"] = Command([tools["trivy"], case.trivy, *keep], runs)
    if case.syft and "syft" in tools:
        commands["syft"] = Command([tools["syft"], case.syft], _syft_runs(runs))
    found = dict(zip(commands, measure(*commands.values()), strict=True))
    print(f"{case.name}: " + " | ".join(f"{name} {value}" for name, value in found.items()), flush=True)
    trivy, syft = found.get("trivy"), found.get("syft")
    cells = (_cell(trivy), _ratio(trivy, found["ours"]), _cell(syft), _ratio(syft, found["ours"]))
    return f"| {case.name} | {found['ours']} | {' | '.join(cells)} |"


def _cell(measured: Measured | None) -> str:
    return str(measured or "-")


def _ratio(peer: Measured | None, ours: Measured) -> str:
    return f"{peer.wall / ours.wall:.1f}×" if peer else "-"


def _correctness(folder: Path) -> list[str]:
    """Compare with the packages that are really there.

    The lists of pypi packages have what pip installed; what such a package carries in a `_vendor` folder of its own,
    with its metadata, is there too and counted apart.
    """
    lines = [
        "| image | type | really there | missing | carried by other packages | invented |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for image in ("A", "B"):
        expected = json.loads((folder / f"{image}.expected.json").read_text())
        command = [LANDWAITER, "inventory", f"oci-layout:{folder}/oci/{image}", "--no-cache", "--format", "json"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["packages"]
        for kind in ("deb", "pypi", "npm"):
            wanted = {entry.lower() for entry in expected.get(kind, ())}
            listed = [one for one in found if one["type"] == kind and not one.get("owned_by")]
            carried = {_entry(one) for one in listed if all("/_vendor/" in place["path"] for place in one["locations"])}
            ours = {_entry(one) for one in listed} - (carried - wanted)
            if wanted:
                counts = (len(wanted), len(wanted - ours), len(carried - wanted), len(ours - wanted))
                lines.append(f"| {image} | {kind} | {' | '.join(map(str, counts))} |")
    return lines


def _entry(package: dict[str, Any]) -> str:
    return f"{package['name']}={package['version']}".lower()


def main(runs: int) -> None:
    """Print the table and write it to `results/inventory.md`."""
    table = run(runs)
    results = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    (results / "inventory.md").write_text(f"# Inventory\n\n{table}\n")
    print(table)
    shutil.rmtree(ROOT / "var" / "bench" / "cache", ignore_errors=True)
