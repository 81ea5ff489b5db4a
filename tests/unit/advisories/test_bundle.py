import threading
from pathlib import Path
from typing import Any

import pytest

from landwaiter.advisories.bundle import Bundle, info_of, open_bundle, verify_bundle
from landwaiter.errors import InputError


def test_look_up(bundle: Bundle) -> None:
    (entry,) = bundle.entries("PyPI", "some-thing")
    assert (entry.record.feed, entry.record.id) == ("osv/PyPI", "PYSEC-2024-1")
    assert entry.record.vulnerabilities == ("CVE-2024-0001",)
    assert entry.record.names == ("GHSA-aaaa-bbbb-cccc", "PYSEC-2024-1")
    assert (entry.affected.ecosystem, entry.affected.package) == ("PyPI", "some-thing")
    assert bundle.entries("PyPI", "nonesuch") == ()
    assert bundle.entries("Nonesuch", "some-thing") == ()


def test_by_name(bundle: Bundle) -> None:
    for name in ("CVE-2024-0001", "GHSA-aaaa-bbbb-cccc", "PYSEC-2024-1"):
        (found,) = bundle.named(name)
        assert found.record.id == "PYSEC-2024-1"
        assert [(a.ecosystem, a.package) for a in found.affected] == [("PyPI", "some-thing")]
    assert bundle.named("CVE-1999-9999") == ()


def test_counts(bundle: Bundle) -> None:
    assert {name: (item.packages, item.advisories) for name, item in bundle.ecosystems.items()} == {
        "Alpine:v3.18": (1, 1),
        "PyPI": (2, 2),
    }


def test_exploitation(bundle: Bundle) -> None:
    exploited, probability = bundle.exploited("CVE-2024-0001"), bundle.probability("CVE-2024-0001")
    assert exploited is not None
    assert exploited.ransomware
    assert probability is not None
    assert probability.score == 0.5
    assert bundle.exploited("CVE-2024-0002") is None
    assert bundle.probability("CVE-1999-0001") is None, "a probability of what no record names is of no use"


def test_scores_are_known_for_records_that_have_none(small: Any, record: Any) -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    small.osv(
        "npm", record("GHSA-9", "npm", "x", aliases=["CVE-2024-0003"], severity=[{"type": "CVSS_V3", "score": vector}])
    )
    with small.build() as bundle:
        known = bundle.known_scores("CVE-2024-0003")
        assert known is not None
        assert [score.score for score in known.scores] == [9.8]
        assert bundle.known_scores("CVE-2024-0002") is None


def test_the_bundle_can_be_written_again_from_what_it_gives(bundle: Bundle, tmp_path: Path) -> None:
    from landwaiter.advisories.writer import Writer

    writer = Writer(tmp_path / "again", tmp_path / "scratch")
    for compiled in bundle.records():
        writer.add(compiled)
    writer.finish(bundle.tables())
    assert (tmp_path / "again").read_bytes() == bundle.path.read_bytes()


@pytest.mark.parametrize("keep", [0, 1, 100, 5000, -1, -20])
def test_truncated(bundle: Bundle, tmp_path: Path, keep: int) -> None:
    part = tmp_path / "part"
    part.write_bytes(bundle.path.read_bytes()[:keep])
    with pytest.raises(InputError):
        open_bundle(part)


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_damaged(bundle: Bundle, tmp_path: Path, where: float) -> None:
    content = bytearray(bundle.path.read_bytes())
    content[int(len(content) * where)] ^= 0x40
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        open_bundle(tmp_path / "bad")
    with pytest.raises(InputError):
        verify_bundle(tmp_path / "bad")


def test_not_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        open_bundle(tmp_path / "absent")
    (tmp_path / "text").write_text("hello, I am a text that is long enough")
    with pytest.raises(InputError, match="not a complete advisory bundle"):
        open_bundle(tmp_path / "text")


def test_a_path_with_odd_characters(bundle: Bundle, tmp_path: Path) -> None:
    odd = tmp_path / "a?b#c %41.bundle"
    odd.write_bytes(bundle.path.read_bytes())
    with open_bundle(odd) as opened:
        assert opened.info == bundle.info == info_of(odd)


def test_threads_share_a_bundle(bundle: Bundle) -> None:
    found: list[int] = []

    def look() -> None:
        found.extend(len(bundle.entries("PyPI", "some-thing")) for _ in range(200))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 800


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM meta",
        "UPDATE meta SET value = 'many' WHERE key = 'advisories'",
        "UPDATE meta SET value = '99' WHERE key = 'format'",
        "DROP TABLE meta",
        "DROP TABLE affected",
        "UPDATE affected SET body = '{'",
        "UPDATE affected SET body = x'ff'",
        "UPDATE affected SET body = NULL",
        "UPDATE advisory SET names = '7'",
        "UPDATE advisory SET scores = '[[1]]'",
    ],
)
def test_a_bundle_made_by_a_stranger(bundle: Bundle, tmp_path: Path, change: str) -> None:
    """Sealed as it should be, with anything inside."""
    import sqlite3

    from landwaiter.advisories.seal import read_seal, seal_of, write_seal

    made = tmp_path / "made"
    made.write_bytes(bundle.path.read_bytes()[: read_seal(bundle.path).size])
    with sqlite3.connect(made) as database:
        database.execute(change)
    database.close()
    write_seal(made, seal_of(made))
    with pytest.raises(InputError), open_bundle(made) as opened:
        opened.entries("PyPI", "some-thing")


def test_it_is_not_written_to(bundle: Bundle) -> None:
    import sqlite3

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        bundle._db.execute("DELETE FROM advisory")
