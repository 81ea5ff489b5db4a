"""The demo's timeline: each thing as it happens, with the seconds since the task was launched."""

import time

from rich.console import Console
from rich.text import Text

from landwaiter.printable import printable


class Timeline:
    """Prints lines such as `+ 1.20 s  layers  3 of 5 are known`, each fact once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._seen: set[str] = set()

    def restart(self) -> None:
        """Begin to count anew."""
        self._started, self._seen = time.monotonic(), set()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def note(self, what: str, detail: str = "", *, key: str = "", took: int | None = None, good: bool = True) -> None:
        """Print a fact, unless one of the same `key` was printed before; `took` in milliseconds."""
        if (key or what) in self._seen:
            return
        self._seen.add(key or what)
        line = Text(f"+{self.seconds:6.2f} s  ", style="dim")
        line.append(f"{what:<26}", style="bold" if good else "bold red")
        line.append(f"{took:>6} ms  " if took is not None else " " * 11, style="cyan")
        line.append(printable(detail))
        self._console.print(line, soft_wrap=True)
