import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.models import LayerFacts
from landwaiter.platform.images.packing import pack, unpack


@settings(max_examples=50)
@given(st.lists(st.text(max_size=50), max_size=20))
def test_what_is_packed_comes_back(paths: list[str]) -> None:
    facts = LayerFacts(diff_id="sha256:x", whiteouts=tuple(paths))
    assert unpack(pack(facts), LayerFacts) == facts


def test_threads_do_not_share_a_compressor() -> None:
    facts = LayerFacts(diff_id="sha256:x", whiteouts=tuple(str(number) for number in range(20_000)))
    wrong: list[int] = []

    def work(number: int) -> None:
        if unpack(pack(facts), LayerFacts) != facts:
            wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
