"""The sandbox alone, in the foreground: `landwaiter sandbox up`."""

import signal
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

from landwaiter.errors import UnreachableError
from landwaiter.sandbox.sandbox import Sandbox


def run(port: int = 0) -> None:
    """Serve on a port (0: a free one) until Ctrl-C or SIGTERM; then stop and delete all that was made.

    Prints one ready line, then the variables to set for the AWS CLI. Raises `InputError` when the port is taken and
    `UnreachableError` when the stand-in ends by itself.
    """
    asked = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with (
            tempfile.TemporaryDirectory(prefix="landwaiter-sandbox-") as folder,
            Sandbox.start(Path(folder), port) as box,
        ):
            sys.stdout.write(f"AWS stand-in ready: {box.endpoint} registry {box.registry}\n")
            sys.stdout.writelines(f"  export {name}={value}\n" for name, value in box.environ().items())
            sys.stdout.flush()
            while not asked.wait(0.2):
                if not box.running:
                    raise UnreachableError("The AWS stand-in has ended by itself.", "Start it again.")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
