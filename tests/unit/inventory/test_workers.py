import os
import signal
import threading

import msgspec
import pytest

from landwaiter.errors import InputError, UnreachableError
from landwaiter.inventory.workers import MAX_LAYERS, analyse_in_processes, can_fork


class Answer(msgspec.Struct, frozen=True):
    index: int
    process: int
    text: str = ""


def wait_for(reading: int) -> None:
    assert os.read(reading, 1)


def test_every_layer_is_analysed_once_whichever_process_takes_it():
    found = list(analyse_in_processes(range(40), lambda index: Answer(index, os.getpid()), Answer))
    assert sorted(answer.index for answer in found) == list(range(40))


def test_both_processes_work_at_the_same_time():
    meeting = os.pipe(), os.pipe()

    def analyse(index: int) -> Answer:
        # Neither goes on before the other has begun.
        os.write(meeting[index][1], b"x")
        wait_for(meeting[1 - index][0])
        return Answer(index, os.getpid())

    found = list(analyse_in_processes([0, 1], analyse, Answer))
    assert len({answer.process for answer in found}) == 2
    for descriptor in (*meeting[0], *meeting[1]):
        os.close(descriptor)


def test_large_results_come_whole():
    found = list(analyse_in_processes([0, 1, 2], lambda index: Answer(index, 0, "x" * 3_000_000), Answer))
    assert [len(answer.text) for answer in found] == [3_000_000] * 3


@pytest.mark.parametrize("kind", [InputError, UnreachableError])
def test_an_error_is_raised_whichever_process_meets_it(kind):
    def analyse(index: int) -> Answer:
        if index == 3:
            raise kind("Layer 3 is damaged.", "Pull it again.")
        return Answer(index, 0)

    for _ in range(5):
        with pytest.raises(kind, match=r"Layer 3 is damaged\. Pull it again\."):
            list(analyse_in_processes(range(8), analyse, Answer))


def test_a_process_that_is_killed_is_no_result():
    first = os.getpid()
    reading, writing = os.pipe()

    def analyse(index: int) -> Answer:
        if os.getpid() != first:
            os.write(writing, b"x")
            os.kill(os.getpid(), signal.SIGKILL)
        wait_for(reading)
        return Answer(index, 0)

    with pytest.raises(InputError, match="ended from outside"):
        list(analyse_in_processes([0, 1], analyse, Answer))
    os.close(reading)
    os.close(writing)


def test_leaving_early_leaves_no_process():
    before = len(os.listdir("/proc/self/fd"))
    results = analyse_in_processes(range(100), lambda index: Answer(index, os.getpid()), Answer)
    next(results)
    results.close()
    assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_nothing_is_forked_with_threads_around():
    assert not can_fork(MAX_LAYERS + 1)
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert not can_fork(2)
    done.set()
    thread.join()
