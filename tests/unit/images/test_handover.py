import threading
import time

import pytest

from landwaiter.images.handover import Handover


def test_order_and_end():
    with Handover(lambda: iter(range(100)), 3, "t") as handover:
        assert list(iter(handover.get, None)) == list(range(100))
        assert handover.get() is None


def test_at_most_so_many_ahead():
    made = []

    def produce():
        for number in range(50):
            made.append(number)
            yield number

    with Handover(produce, 4, "t") as handover:
        assert handover.get() == 0
        time.sleep(0.05)
        assert len(made) <= 6


def test_an_error_comes_after_what_was_made_before():
    def produce():
        yield 1
        raise ValueError("broken")

    with Handover(produce, 3, "t") as handover:
        assert handover.get() == 1
        with pytest.raises(ValueError, match="broken"):
            handover.get()
        assert handover.get() is None


def test_leaving_early_ends_the_thread_and_closes_the_generator():
    closed = threading.Event()

    def produce():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    before = threading.active_count()
    with Handover(produce, 2, "t") as handover:
        assert handover.get() == 1
    assert threading.active_count() == before
    assert closed.wait(5)
