"""The inventory against Trivy and Syft: same image, same run, cold process, empty cache unless told."""

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.inputs import ROOT, images, machine, peers
from benchmarks.measure import Measured, measure

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
    folder, tools = images(), peers()
    rows = [f"Machine: {machine()}; medians of {runs} runs.", ""]
    rows += ["| input | Landwaiter | Trivy | ratio | Syft | ratio |", "| --- | --- | --- | --- | --- | --- |"]
    for case in cases(folder):
        with tempfile.TemporaryDirectory() as cache:
            rows.append(_row(case, tools, Path(cache), runs))
    rows += ["", *_correctness(folder)]
    return "\n".join(rows)


def _row(case: Case, tools: Path, cache: Path, runs: int) -> str:
    ours = measure(
        [LANDWAITER, "inventory", case.target, "--format", "json", *([] if case.warm else ["--no-cache"])],
        runs,
        {"LANDWAITER_HOME": str(cache / "ours")},
    )
    trivy = syft = None
    if case.trivy:
        keep = [str(cache / "trivy")] if case.warm else []
        trivy = measure([str(tools / "trivy"), case.trivy, *keep], runs)
    if case.syft:
        syft = measure([str(tools / "syft"), case.syft], max(1, runs // 2))
    print(f"{case.name}: {ours} | trivy {trivy} | syft {syft}", flush=True)
    return f"| {case.name} | {ours} | {_cell(trivy)} | {_ratio(trivy, ours)} | {_cell(syft)} | {_ratio(syft, ours)} |"


def _cell(measured: Measured | None) -> str:
    return str(measured or "-")


def _ratio(peer: Measured | None, ours: Measured) -> str:
    return f"{peer.wall / ours.wall:.1f}×" if peer else "-"


def _correctness(folder: Path) -> list[str]:
    """Compare with the packages that are really there."""
    lines = ["| image | type | really there | missing | invented |", "| --- | --- | --- | --- | --- |"]
    for image in ("A", "B"):
        expected = json.loads((folder / f"{image}.expected.json").read_text())
        command = [LANDWAITER, "inventory", f"oci-layout:{folder}/oci/{image}", "--no-cache", "--format", "json"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["packages"]
        for kind in ("deb", "pypi", "npm"):
            wanted = {entry.lower() for entry in expected.get(kind, ())}
            ours = {f"{p['name']}={p['version']}".lower() for p in found if p["type"] == kind and not p.get("owned_by")}
            if wanted:
                lines.append(f"| {image} | {kind} | {len(wanted)} | {len(wanted - ours)} | {len(ours - wanted)} |")
    return lines


def main(runs: int) -> None:
    """Print the table and write it to `results/inventory.md`."""
    table = run(runs)
    results = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    (results / "inventory.md").write_text(f"# Inventory\n\n{table}\n")
    print(table)
    shutil.rmtree(ROOT / "var" / "bench" / "cache", ignore_errors=True)
