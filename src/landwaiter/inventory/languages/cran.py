"""R packages that are installed: `DESCRIPTION` in the package's folder of a library.

The format is Debian control (`Field: value`, continued by indented lines). An installed package has the field `Built`,
which a source folder has not; it lies in a folder of its own name.
"""

import re

from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, PackageFact

NAME = "r-library"

_FIELD = re.compile(r"^(Package|Version|License|Built):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_VERSION = re.compile(r"\d+(?:[.-]\d+)+|\d+")


def read_description(path: str, content: bytes) -> Evidence | None:
    """Read the description of an installed R package; None when it is that of something else."""
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(content.decode("utf-8", "replace").replace("\r\n", "\n")):
        fields.setdefault(name, " ".join(value.split()))
    name, version = fields.get("Package", ""), fields.get("Version", "")
    folder = path.split("/")[-2] if "/" in path else ""
    if "Built" not in fields or name != folder or not _VERSION.fullmatch(version):
        return None
    licenses = (fields["License"],) if fields.get("License") else ()
    return Evidence(path, NAME, (PackageFact("cran", name, version, licenses=licenses),))


R_LIBRARY = Analyser(NAME, basenames=frozenset({"DESCRIPTION"}), read=read_description, limit=MIB, quiet=True)
