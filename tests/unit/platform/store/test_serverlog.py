from pathlib import Path

import pytest

from landwaiter.platform.store.serverlog import ServerLog, last_error, remedy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "it said nothing."),
        ("LOG: a\nLOG: b", "LOG: b"),
        ("FATAL: one\nFATAL: two\nLOG: end", "FATAL: two"),
        ("PANIC: the reason\nFATAL:  the database system is starting up", "PANIC: the reason"),
        ("initdb: error: could not write\ninitdb: removing", "initdb: error: could not write"),
    ],
)
def test_the_last_error_is_what_counts(text: str, expected: str) -> None:
    assert last_error(text) == expected


def test_only_this_starts_words_are_read(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    collected = tmp_path / "log" / "postgresql-Mon.log"
    collected.write_text("FATAL: of yesterday\n")
    first = tmp_path / "start.log"
    first.write_text("")
    log = ServerLog(first, tmp_path / "log")
    with collected.open("a") as stream:
        stream.write("PANIC: of today\n")
    assert last_error(log.last_words()) == "PANIC: of today"
    assert "yesterday" not in log.last_words()


def test_the_remedy_fits_the_reason() -> None:
    assert "space" in remedy("could not extend file: No space left on device")
    assert "writable" in remedy("could not open: Permission denied")
    assert "LANDWAITER_DATABASE_URL" in remedy("something else")
