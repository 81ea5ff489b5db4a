"""Makes the start of a command quicker; import it before `msgspec`.

msgspec asks `typing_extensions` for what `typing` has since Python 3.11, and importing that takes as long as importing
all else of msgspec. It takes the absence of the module well, so it is absent while msgspec is imported.
"""

import sys

if "typing_extensions" not in sys.modules and "msgspec" not in sys.modules:
    sys.modules["typing_extensions"] = None  # type: ignore[assignment] # the import system's sign for "not there"
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules["typing_extensions"]
