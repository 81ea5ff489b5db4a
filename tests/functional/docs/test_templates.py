"""The page of the templates speaks of every parameter and resource that they have."""

from pathlib import Path
from typing import Any

import cfnlint.decode
import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/reference/templates.md").read_text()
TEMPLATES = sorted((ROOT / "src/landwaiter/aws/templates").glob("*.yaml"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
@pytest.mark.parametrize("part", ["Parameters", "Resources"])
def test_everything_is_explained(path: Path, part: str) -> None:
    template: Any = cfnlint.decode.decode_str(path.read_text())[0]
    named = list(template[part])
    assert named
    assert [name for name in named if f"`{name}`" not in PAGE] == []
