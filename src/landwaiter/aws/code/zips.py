"""Zip files that are the same, byte for byte, whenever their content is."""

import io
import zipfile
from collections.abc import Mapping

# The earliest time a zip can hold (APPNOTE.TXT, 4.4.6: MS-DOS date).
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE_BY_ALL = 0o100644 << 16


def make_zip(content: Mapping[str, bytes], *, level: int = 6) -> bytes:
    """A zip of files by their path in it, sorted, without times, readable by all. `level` is deflate's, 0 to 9."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for path in sorted(content):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = _READABLE_BY_ALL
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content[path])
    return buffer.getvalue()
