import os
from pathlib import Path

import pytest

from landwaiter.errors import InputError
from landwaiter.platform.store import binaries
from landwaiter.platform.store.binaries import Identity, command, environment, identity, programs


def test_the_programs_are_those_of_the_wheel() -> None:
    assert {"initdb", "postgres"} <= {path.name for path in programs().iterdir()}


def test_nothing_of_our_environment_reaches_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/elsewhere")
    monkeypatch.setenv("LANDWAITER_DATABASE_URL", "postgresql://secret")
    assert set(environment()) == {"PATH", "LC_ALL", "TZ"}


def test_an_ordinary_user_runs_it_as_himself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert identity() is None
    assert command("postgres", ["-D", "x"], user=None, folder=tmp_path) == [str(programs() / "postgres"), "-D", "x"]


def test_root_drops_its_rights_and_keeps_one_only_where_a_folder_is_closed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries.shutil, "which", lambda _name: "/usr/bin/setpriv")
    nobody = Identity("nobody", 65534, 65534)
    closed = tmp_path / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    open_ = Path("/")
    monkeypatch.setattr(binaries, "programs", lambda: Path("/bin"))
    dropped = command("postgres", [], user=nobody, folder=open_ / "data")
    assert "--reuid=65534" in dropped
    assert not any("ambient" in part for part in dropped)
    kept = command("postgres", [], user=nobody, folder=closed / "data")
    assert "--ambient-caps=+dac_override" in kept


def test_root_without_help_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(binaries.shutil, "which", lambda _name: None)
    with pytest.raises(InputError, match="setpriv"):
        command("postgres", [], user=Identity("nobody", 65534, 65534), folder=tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(binaries.pwd, "getpwnam", lambda _name: (_ for _ in ()).throw(KeyError))
    with pytest.raises(InputError, match="LANDWAITER_DATABASE_URL|none of the users"):
        identity()


def test_a_missing_wheel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match="not installed"):
        programs()
