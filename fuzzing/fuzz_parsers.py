"""`make fuzz`: mutated inputs for everything that reads a stranger's bytes, guided by coverage (atheris).

The first byte chooses what reads the rest: a tar layer with its analysis, decompression, or one of the analysers. What
may escape is `InputError`; anything else is a finding, and atheris keeps the input that caused it.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent / "var" / "fuzzing"
LONGEST = 1 << 16


def readers() -> tuple[Callable[[bytes], object], ...]:
    """Return everything that is fuzzed."""
    from landwaiter.images.decompress import decompress
    from landwaiter.images.limits import Limits
    from landwaiter.images.manifest import parse_config, parse_manifest
    from landwaiter.images.tarstream import read_members
    from landwaiter.inventory.analyse import analyse_layer
    from landwaiter.inventory.analyser import Analyser
    from landwaiter.inventory.analysers import ANALYSERS
    from landwaiter.inventory.secrets import find_secrets

    limits = Limits(expanded_floor=1 << 24, expanded=1 << 26, members=10_000)

    def layer(data: bytes) -> object:
        return analyse_layer("sha256:0", read_members(io.BytesIO(data), limits=limits))

    def packed(data: bytes) -> None:
        source = decompress(io.BytesIO(data), limits=limits)
        while source.readinto(memoryview(bytearray(1 << 16))):
            pass

    def by(analyser: Analyser) -> Callable[[bytes], object]:
        path = next(iter(analyser.paths or analyser.basenames or {f"a/x{end}" for end in analyser.suffixes}), "a/x")
        reader = analyser.read
        return (lambda data: reader(path, data)) if reader else lambda _data: None

    return (
        layer,
        packed,
        lambda data: parse_manifest("fuzz", data),
        lambda data: parse_config("fuzz", data),
        lambda data: find_secrets("app/x.env", data),
        *(by(analyser) for analyser in ANALYSERS if analyser.read),
    )


def main() -> int:
    """Fuzz until stopped, or as long as `-max_total_time=SECONDS` says; say so when atheris is not installed."""
    try:
        import atheris
    except ImportError:
        print("make fuzz: atheris is missing, nothing was fuzzed; pip install atheris into .venv to have it")
        return 0
    with atheris.instrument_imports(include=["landwaiter"]):
        everything = readers()
    from landwaiter.errors import InputError

    expected = (InputError, ValueError, LookupError, ArithmeticError, EOFError)

    def one(data: bytes) -> None:
        if len(data) < 2:
            return
        try:
            everything[data[0] % len(everything)](data[1:])
        except expected:
            # What `reading._guard` turns into a coverage note.
            return

    CORPUS.mkdir(parents=True, exist_ok=True)
    atheris.Setup([sys.argv[0], f"-max_len={LONGEST}", *sys.argv[1:], str(CORPUS)], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
