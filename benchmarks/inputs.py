"""The benchmarks' inputs: images A and B, and the peers. Made by the tools that lie beside the project, if they do."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT.parent / "shared" / "tools"
WORK = Path(os.environ.get("LANDWAITER_BENCH", ROOT / "var" / "bench"))


class MissingInputError(Exception):
    """An input cannot be had here; the text says what is missing."""


def images() -> Path:
    """Return the folder with images A and B, built on first use (minutes, root, about 6 GB)."""
    folder = WORK / "images"
    if not (folder / "B.expected.json").exists():
        tool = _tool("bench_images.py")
        print(f"building images A and B in {folder} (a few minutes)", file=sys.stderr)
        subprocess.run([sys.executable, str(tool), str(folder)], check=True, stdout=subprocess.DEVNULL)
    return folder


def peers() -> Path:
    """Return the folder with the scripts `trivy` and `syft`, installed on first use."""
    folder = WORK / "peers"
    if not (folder / "syft").exists():
        tool = _tool("peers.sh")
        print(f"installing the peers in {folder}", file=sys.stderr)
        subprocess.run(["bash", str(tool), str(folder)], check=True, stdout=subprocess.DEVNULL)
    return folder


def _tool(name: str) -> Path:
    if not (TOOLS / name).exists():
        raise MissingInputError(f"{name} is missing: the benchmark tools do not lie beside this project")
    return TOOLS / name


def machine() -> str:
    """Describe the machine: processor, cores, memory, Python."""
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next((int(line.split()[1]) // 1024**2 for line in _lines("/proc/meminfo") if "MemTotal" in line), 0)
    return f"{model}, {os.cpu_count()} cores, {memory} GiB, Python {sys.version.split()[0]}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
