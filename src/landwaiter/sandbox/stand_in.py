"""The server process: `python -m landwaiter.sandbox.stand_in --folder FOLDER [--port PORT]`.

Listens on 127.0.0.1 only. Prints one line, `ready PORT`, when it answers; everything else goes to
FOLDER/logs/stand-in.log. Start it through `sandbox.Sandbox`, which keeps it on a leash.
"""

import asyncio
import logging
import os
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace

import uvicorn

from landwaiter.sandbox import internals
from landwaiter.sandbox.asgi import App, Receive, Scope, Send, header
from landwaiter.sandbox.settings import PASSED_ON, Settings, parse_arguments


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM."""
    settings = parse_arguments(arguments)
    listener = socket.create_server(("127.0.0.1", settings.port), backlog=512)
    settings = replace(settings, folder=settings.folder.resolve(), port=listener.getsockname()[1])
    _prepare(settings)
    internals.check_version()
    # Imported only now: the emulator reads its settings from the environment while it is imported.
    from landwaiter.sandbox import pieces  # noqa: PLC0415
    from landwaiter.sandbox.blob_store import BlobStore  # noqa: PLC0415
    from landwaiter.sandbox.registry_gate import RegistryGate  # noqa: PLC0415

    pieces.install(pieces.FIRST, settings)
    app = RegistryGate(BlobStore(internals.module("app").app, settings), settings)
    late = _Late(app, lambda: pieces.install(pieces.LATER, settings))
    server = _Server(late, uvicorn.Config(late, log_config=None, access_log=False, timeout_keep_alive=75))
    server.run(sockets=[listener])
    return 1 if late.failed else 0


def _prepare(settings: Settings) -> None:
    """Give this process an environment of its own and point all it writes into the folder."""
    for name in ("logs", "tmp", "state", "objects"):
        (settings.folder / name).mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    os.environ.clear()
    os.environ.update(
        kept
        | settings.aws_environment()
        | {
            "HOME": str(settings.folder / "tmp"),
            "TMPDIR": str(settings.folder / "tmp"),
            "GATEWAY_PORT": str(settings.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": settings.account,
            "MINISTACK_REGION": settings.region,
            "STATE_DIR": str(settings.folder / "state"),
            "S3_DATA_DIR": str(settings.folder / "objects"),
            # Listeners on fixed ports that nobody here needs.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # The emulator would clear away containers of other instances where it finds a Docker daemon.
            "DOCKER_HOST": "unix:///nonexistent",
        },
    )
    tempfile.tempdir = str(settings.folder / "tmp")
    logging.basicConfig(
        filename=settings.folder / "logs" / "stand-in.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )


class _Server(uvicorn.Server):
    def __init__(self, late: "_Late", config: uvicorn.Config) -> None:
        super().__init__(config)
        self._late = late

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            sys.stdout.write(f"ready {sockets[0].getsockname()[1]}\n")
            sys.stdout.flush()
            self._late.start()


class _Late:
    """The emulator's app, where CloudFormation waits until its pieces are in place."""

    def __init__(self, app: App, install: Callable[[], None]) -> None:
        self._app = app
        self._install = install
        self._done = threading.Event()
        self.failed = False

    def start(self) -> None:
        """Put the later pieces in place in the background."""
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        try:
            self._install()
            self._done.set()
        except Exception:
            # A sandbox that answers CloudFormation wrongly is worse than none.
            self.failed = True
            logging.getLogger(__name__).exception("The sandbox cannot be completed")
            traceback.print_exc()
            os._exit(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._done.is_set() and _is_for_cloudformation(scope):
            await asyncio.to_thread(self._done.wait)
        await self._app(scope, receive, send)


def _is_for_cloudformation(scope: Scope) -> bool:
    return "/cloudformation/" in header(scope, b"authorization")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
