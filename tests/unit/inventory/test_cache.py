import os
import threading

import msgspec
import pytest

from landwaiter.inventory import cache
from landwaiter.inventory.cache import FolderCache
from landwaiter.inventory.models import Evidence, LayerFacts


def facts(name="sha256:a", size=0):
    return LayerFacts(name, evidence=(Evidence("x" * size, "test"),))


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_was_put_is_got(tmp_path):
    one = FolderCache(tmp_path / "new" / "cache")
    assert one.get("sha256:a", "sha256:b") is None
    one.put(facts(), "sha256:b")
    assert FolderCache(tmp_path / "new" / "cache").get("sha256:a", "sha256:b") == facts()


def test_a_claimed_diff_id_does_not_reach_another_blob(tmp_path):
    one = FolderCache(tmp_path)
    one.put(facts(), "sha256:evil")
    assert one.get("sha256:a", "sha256:good") is None
    assert one.get("sha256:a") is None


@pytest.mark.parametrize(
    "damage",
    [lambda c: b"", lambda c: c[:50], lambda c: c[:-1], lambda c: c[:-9] + b"x" + c[-8:], lambda c: b"0" * 64 + c[64:]],
)
def test_a_damaged_entry_is_a_miss(tmp_path, damage):
    one = FolderCache(tmp_path)
    one.put(facts())
    (file,) = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert one.get("sha256:a") is None
    one.put(facts())
    assert one.get("sha256:a") == facts()


def test_another_analyser_version_is_a_miss(tmp_path, monkeypatch):
    FolderCache(tmp_path).put(facts())
    monkeypatch.setattr(cache, "ANALYSER_VERSION", "other")
    assert FolderCache(tmp_path).get("sha256:a") is None


def test_facts_that_say_another_version_are_a_miss(tmp_path):
    FolderCache(tmp_path).put(msgspec.structs.replace(facts(), analyser="0"))
    assert FolderCache(tmp_path).get("sha256:a") is None


def test_the_least_recently_used_go_first(tmp_path):
    one = FolderCache(tmp_path, limit=10_000)
    for number, name in enumerate("abcd"):
        one.put(facts(name, 2000))
        for file in files(tmp_path):
            os.utime(file, (file.stat().st_mtime - 100,) * 2)
        assert number >= 0
    assert one.get("a") is not None
    one.put(facts("e", 2000))
    assert one.get("a") is not None
    assert one.get("b") is None
    assert sum(file.stat().st_size for file in files(tmp_path)) <= 10_000


def test_half_written_files_are_cleaned_up_in_time(tmp_path):
    one = FolderCache(tmp_path, limit=3000)
    one.put(facts("a", 100))
    left = files(tmp_path)[0].parent / ".new-left"
    left.write_bytes(b"x" * 5000)
    os.utime(left, (1, 1))
    FolderCache(tmp_path, limit=3000).put(facts("b", 100))
    assert not left.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    FolderCache(tmp_path).put(facts())
    assert FolderCache(tmp_path).get("sha256:a") is None


def test_a_path_that_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    one = FolderCache(tmp_path / "file")
    one.put(facts())
    assert one.get("sha256:a") is None


def test_several_at_once(tmp_path):
    def work():
        for number in range(50):
            FolderCache(tmp_path, limit=20_000).put(facts(f"n{number % 7}", 2000))
            found = FolderCache(tmp_path).get(f"n{number % 5}")
            assert found is None or found.diff_id == f"n{number % 5}"

    failures = []
    threads = [threading.Thread(target=lambda: failures.append(None) if work() else None) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert not list(tmp_path.rglob(".new-*"))
