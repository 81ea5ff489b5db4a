import threading
import time
from pathlib import Path

import pytest

from landwaiter.sandbox.build_process import BuildShell, PhaseResult


class Bench:
    def __init__(self, folder: Path) -> None:
        self.lines: list[str] = []
        source = folder / "src"
        source.mkdir()
        self.shell = BuildShell(["/bin/sh"], source, {"PATH": "/usr/bin:/bin"}, self.lines.append)

    def run(self, *commands: str, seconds: float = 30.0, **extra: str) -> PhaseResult:
        return self.shell.run(commands, extra, time.monotonic() + seconds)

    def printed(self) -> list[str]:
        return [line for line in self.lines if not line.startswith("[Container]")]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_commands_run_in_order_until_one_fails(bench: Bench) -> None:
    assert bench.run("echo one", "sh -c 'exit 7'", "echo never") == PhaseResult(7, "sh -c 'exit 7'")
    assert bench.printed() == ["one"]


def test_a_command_may_span_lines_and_have_a_here_document(bench: Bench) -> None:
    assert bench.run("cat <<END\na $1 b\nEND\n", "for n in 1 2; do\n  echo $n\ndone").exit_code == 0
    assert "a  b" in bench.printed()
    assert bench.printed()[-2:] == ["1", "2"]


def test_the_next_phase_takes_over_folder_and_variables(bench: Bench) -> None:
    bench.run("export A='x y'", "mkdir d", "cd d", "B=1")
    assert bench.run('echo "$A"', "basename $PWD", 'echo "[$B]"').exit_code == 0
    assert bench.printed() == ["x y", "d", "[]"]


def test_an_exit_ends_its_phase_alone(bench: Bench) -> None:
    assert bench.run("export A=1", "exit 5", "echo never") == PhaseResult(5, "exit 5")
    assert bench.run("echo $A").exit_code == 0
    assert bench.printed() == ["1"]


def test_set_e_works_within_a_command(bench: Bench) -> None:
    assert bench.run("set -e\nfalse\necho n''ever").exit_code == 1
    assert "never" not in bench.printed()


def test_extra_variables_are_seen(bench: Bench) -> None:
    bench.run("echo $CODEBUILD_BUILD_SUCCEEDING", CODEBUILD_BUILD_SUCCEEDING="0")
    assert bench.printed() == ["0"]


def test_what_takes_too_long_is_killed_with_its_children(bench: Bench) -> None:
    started = time.monotonic()
    result = bench.run("echo on; sleep 60 & sleep 60", "echo never", seconds=0.5)
    assert time.monotonic() - started < 10
    assert result.ending == "timeout"
    assert bench.run("echo never").ending == "timeout"
    assert bench.printed() == ["on"]


def test_stopping_from_outside(bench: Bench) -> None:
    threading.Timer(0.3, bench.shell.stop).start()
    assert bench.run("sleep 60").ending == "stopped"
    assert bench.run("echo never").ending == "stopped"


def test_bytes_that_are_no_text_do_not_end_the_log(bench: Bench) -> None:
    assert bench.run(r"printf 'a\377b\n'", "echo after").exit_code == 0
    assert bench.printed() == ["a\N{REPLACEMENT CHARACTER}b", "after"]


def test_no_commands_are_no_failure(bench: Bench) -> None:
    assert bench.run() == PhaseResult(0)
