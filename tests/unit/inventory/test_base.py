import pytest

from landwaiter.images.models import HistoryEntry
from landwaiter.inventory.base import layer_summaries


def entry(text, *, empty=False):
    return HistoryEntry(created_by=text, empty_layer=empty)


DOCKER = [
    entry("/bin/sh -c #(nop) ADD file:abc in / "),
    entry('/bin/sh -c #(nop)  CMD ["bash"]', empty=True),
    entry("/bin/sh -c apt-get update"),
    entry("/bin/sh -c #(nop) COPY dir:x in /app "),
    entry("/bin/sh -c #(nop)  USER app", empty=True),
    entry('/bin/sh -c #(nop)  CMD ["app"]', empty=True),
]
BUILDKIT = [
    entry("ADD rootfs.tar.xz / # buildkit"),
    entry('CMD ["bash"]', empty=True),
    entry("RUN /bin/sh -c apt-get update # buildkit"),
    entry("ENV A=b", empty=True),
    entry('ENTRYPOINT ["python3"]', empty=True),
    entry("COPY . /app # buildkit"),
    entry('CMD ["app"]', empty=True),
]


@pytest.mark.parametrize(
    ("history", "layers", "expected"),
    [
        (DOCKER, 3, 1),
        (BUILDKIT, 3, 2),
        (DOCKER, 2, None),
        ([], 2, None),
        (None, 2, None),
        ([entry("COPY a"), entry("COPY b")], 2, None),
        ([entry("COPY a"), entry('CMD ["a"]', empty=True)], 1, None),
    ],
)
def test_base(image_with, history, layers, expected):
    summaries = layer_summaries(image_with(layers, history))
    assert [summary.base for summary in summaries] == [
        None if expected is None else index < expected for index in range(layers)
    ]


def test_summaries(image_with):
    summaries = layer_summaries(image_with(3, DOCKER))
    assert [summary.base for summary in summaries] == [True, False, False]
    assert summaries[1].created_by == "/bin/sh -c apt-get update"
    assert [summary.created_by for summary in layer_summaries(image_with(2, DOCKER))] == ["", ""]
