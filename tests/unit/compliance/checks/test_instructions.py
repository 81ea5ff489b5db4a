import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.compliance.checks.instructions import build_history
from landwaiter.images.models import HistoryEntry, ImageConfig, RootFs

RUN = ("RUN", "apt-get update")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('/bin/sh -c #(nop)  CMD ["bash"]', ("CMD", '["bash"]')),
        ("/bin/sh -c apt-get update", RUN),
        ("/bin/bash -o pipefail -c apt-get update", RUN),
        ("/bin/bash -euxo pipefail -c apt-get update", RUN),
        ("bash --login -c apt-get update", RUN),
        ("|1 A=/bin/x /bin/sh -c apt-get update", RUN),
        ("RUN /bin/sh -c apt-get update # buildkit", RUN),
        ("RUN |2 A=1 B=two words /bin/sh -c apt-get update # buildkit", RUN),
        ("RUN /bin/bash -euxo pipefail -c apt-get update # buildkit", RUN),
        ("RUN apt-get update", RUN),
        ("RUN /bin/sh -c sh -c 'apt-get update' # buildkit", ("RUN", "sh -c 'apt-get update'")),
        ("RUN /bin/sh -c apt-get update\napt-get install x # buildkit", ("RUN", "apt-get update\napt-get install x")),
        ("RUN powershell -NoProfile -Command Get-Item x # buildkit", ("RUN", "Get-Item x")),
        ("COPY . /app # buildkit", ("COPY", ". /app")),
        ("bazel build ...", None),
        ("ko build ko://example.com/app", None),
        ("jib-maven-plugin:3.4.0", None),
        ("# debian.sh --arch 'amd64' out/ 'bookworm' '@1'", None),
        ("/bin/sh", None),
        ("", None),
    ],
)
def test_the_ways_in_which_builders_write(line: str, expected: tuple[str, str] | None) -> None:
    found = build_history(config([layer(line)], 1)).instructions
    assert [(item.keyword, item.text) for item in found] == ([expected] if expected else [])


def config(entries, layers):
    return ImageConfig(history=tuple(entries), rootfs=RootFs(diff_ids=tuple(map(str, range(layers)))))


def layer(line, author=None):
    return HistoryEntry(created_by=line, author=author)


def setting(line):
    return HistoryEntry(created_by=line, empty_layer=True)


def test_a_docker_build_on_a_debian_base_is_complete():
    base = [layer("# debian.sh --arch 'amd64'"), setting('CMD ["bash"]')]
    assert build_history(config([*base, layer("COPY . /app # buildkit")], 2)).gap == ""


@pytest.mark.parametrize(
    ("entries", "layers"),
    [
        ([], 3),
        ([layer("bazel build ...")], 1),
        ([layer(""), layer("")], 2),
        ([layer("COPY . / # buildkit"), layer("jib-gradle-plugin:3")], 2),
        ([layer("ADD rootfs / # buildkit"), layer("bazel build ..."), layer("COPY app / # buildkit")], 3),
        ([layer("COPY app / # buildkit")], 4),
        ([layer("COPY app /", "kaniko")], 1),
        ([layer("ADD rootfs.tar / # buildkit"), setting("RUN x"), layer(None)], 2),
    ],
    ids=["none", "bazel", "nix", "jib", "distroless", "missing", "kaniko", "squash"],
)
def test_histories_with_gaps_say_so(entries, layers):
    assert build_history(config(entries, layers)).gap


def test_what_stems_from_the_base_image_is_marked():
    entries = [
        layer("ADD a.tar / # buildkit"),
        layer("ADD x /y"),
        setting('CMD ["sh"]'),
        layer("ADD z /z"),
        setting('CMD ["app"]'),
    ]
    marks = [
        (item.text, item.inherited) for item in build_history(config(entries, 3)).instructions if item.keyword == "ADD"
    ]
    assert marks == [("a.tar /", True), ("x /y", True), ("z /z", False)]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=100))
def test_any_line_is_read(line):
    assert len(build_history(config([layer(line)], 1)).instructions) <= 1


@pytest.mark.parametrize(
    "piece", ["|1 ", "powershell ", "sh -x ", "/bin/sh ", "# buildkit ", " \n", "|1 powershell ", "bash --a-a "]
)
def test_a_long_line_is_read_quickly(piece):
    start = time.process_time()
    for line in (("|1 " + piece * (200_000 // len(piece)))[:200_000], piece * (200_000 // len(piece))):
        build_history(config([layer(line)], 1))
    assert time.process_time() - start < 5


def test_a_history_without_end_is_read_in_part_and_says_so():
    start = time.process_time()
    found = build_history(config([layer("RUN apt-get update; echo 'x' " * 50)] * 20_000, 20_000))
    assert time.process_time() - start < 10
    assert found.gap == "The history is longer than any build's."
    assert len(found.runs) < 1000
    assert build_history(config([layer("RUN " + "x" * (2 << 20))], 1)).gap == found.gap
