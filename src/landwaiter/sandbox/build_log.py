"""The log of a build: to a file at once, to the stand-in's CloudWatch Logs in batches."""

import queue
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from landwaiter.sandbox.aws_client import Clients


class BuildLog:
    """A log stream. Lines keep their order; leaving the context writes what is left."""

    def __init__(self, clients: Clients, file: Path, group: str, stream: str) -> None:
        self._clients = clients
        self._group, self._stream = group, stream
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("a", encoding="utf-8")
        self._lines: queue.Queue[tuple[int, str] | None] = queue.Queue()
        self._sender = threading.Thread(target=self._send_all, daemon=True)

    def __enter__(self) -> Self:
        self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.put(None)
        self._sender.join()
        self._file.close()

    def write(self, line: str) -> None:
        """Add a line as the build printed it."""
        self._file.write(line + "\n")
        self._file.flush()
        self._lines.put((int(time.time() * 1000), line))

    def say(self, text: str) -> None:
        """Add a line of CodeBuild's own, marked and timed as it marks them."""
        now = datetime.now(UTC)
        self.write(f"[Container] {now:%Y/%m/%d %H:%M:%S.%f} {text}")

    def _send_all(self) -> None:
        logs = self._clients.get("logs")
        for create, name in ((logs.create_log_group, None), (logs.create_log_stream, self._stream)):
            try:
                create(logGroupName=self._group, **({"logStreamName": name} if name else {}))
            except logs.exceptions.ResourceAlreadyExistsException:
                continue
        open_ended = True
        while open_ended:
            batch = [self._lines.get()]
            while not self._lines.empty():
                batch.append(self._lines.get())
            open_ended = None not in batch
            events = [{"timestamp": line[0], "message": line[1] or " "} for line in batch if line is not None]
            if events:
                logs.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
