"""R packages that are installed: `DESCRIPTION` in the package's folder of a library.

The format is Debian control (`Field: value`, continued by indented lines). An installed package lies in a folder of its
own name. Its description has the field `Built`, which a source folder's has not; R's own translations lack it, and are
known by the library they lie in.
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
    library, folder = ("/" + path).split("/")[-3:-1] if "/" in path else ("", "")
    installed = "Built" in fields or library in {"library", "site-library"}
    if not installed or name != folder or not _VERSION.fullmatch(version):
        return None
    licenses = (fields["License"],) if fields.get("License") else ()
    return Evidence(path, NAME, (PackageFact("cran", name, version, licenses=licenses),))


R_LIBRARY = Analyser(NAME, basenames=frozenset({"DESCRIPTION"}), read=read_description, limit=MIB, quiet=True)
