"""The documentation builds without a warning: no dead link between pages, no page that no table of contents names."""

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_the_documentation_builds_without_warnings(tmp_path: Path) -> None:
    arguments = [
        "-q",
        "-W",
        "--keep-going",
        "-b",
        "html",
        "-d",
        str(tmp_path / "trees"),
        str(DOCS),
        str(tmp_path / "html"),
    ]
    built = subprocess.run([sys.executable, "-m", "sphinx", *arguments], capture_output=True, text=True, check=False)

    assert built.returncode == 0, built.stderr
    assert (tmp_path / "html/index.html").is_file()
