import pytest

from landwaiter.images.history import base_layers, parse_created_by, read_history
from landwaiter.images.models import HistoryEntry, ImageConfig, RootFs


@pytest.mark.parametrize(
    ("created_by", "keyword", "text"),
    [
        ('/bin/sh -c #(nop)  CMD ["bash"]', "CMD", '["bash"]'),
        ("/bin/sh -c #(nop) ADD file:abc in / ", "ADD", "file:abc in /"),
        ("/bin/sh -c #(nop)  USER app", "USER", "app"),
        ("/bin/sh -c apt-get update && apt-get install -y curl", "RUN", "apt-get update && apt-get install -y curl"),
        ("RUN /bin/sh -c apk add curl # buildkit", "RUN", "apk add curl"),
        ("RUN |2 A=1 B=x y /bin/sh -c make # buildkit", "RUN", "make"),
        ("|1 VERSION=3 /bin/sh -c make install", "RUN", "make install"),
        ("RUN /bin/bash -o pipefail -c curl x | sh # buildkit", "RUN", "curl x | sh"),
        ("RUN cmd /S /C dir # buildkit", "RUN", "dir"),
        ("cmd /S /C #(nop)  ENV A=1", "ENV", "A=1"),
        ("COPY . /app # buildkit", "COPY", ". /app"),
        ('HEALTHCHECK &{["NONE"] "0s"}', "HEALTHCHECK", '&{["NONE"] "0s"}'),
        ("RUN /bin/sh -c cat <<EOF\nx\nEOF # buildkit", "RUN", "cat <<EOF\nx\nEOF"),
        ("bazel build ...", "", "bazel build ..."),
        ("", "", ""),
        ("RUNNER=1", "", "RUNNER=1"),
        ("/bin/sh -c #(nop) WHATEVER x", "", "WHATEVER x"),
    ],
)
def test_forms(created_by, keyword, text):
    found = parse_created_by(created_by)
    assert (found.keyword, found.text) == (keyword, text)


def config(*lines, layers=None):
    history = tuple(HistoryEntry(created_by=line.lstrip("."), empty_layer=line.startswith(".")) for line in lines)
    count = sum(not one.empty_layer for one in history) if layers is None else layers
    return ImageConfig(history=history, rootfs=RootFs(diff_ids=tuple(f"sha256:{n:064d}" for n in range(count))))


def test_layers_and_the_base():
    image = config("ADD rootfs.tar /", '.CMD ["bash"]', ".ENV A=1", "RUN x", "COPY . /app", ".USER app", '.CMD ["app"]')
    steps = read_history(image)
    assert [(step.keyword, step.layer, step.inherited) for step in steps] == [
        ("ADD", 0, True),
        ("CMD", None, True),
        ("ENV", None, False),
        ("RUN", 1, False),
        ("COPY", 2, False),
        ("USER", None, False),
        ("CMD", None, False),
    ]
    assert base_layers(image) == 1


def test_what_the_history_does_not_tell():
    assert read_history(ImageConfig()) == ()
    assert base_layers(ImageConfig()) is None
    assert base_layers(config("RUN a", "RUN b", ".CMD x")) is None
    squashed = config("RUN a", ".CMD x", "RUN b", layers=1)
    assert base_layers(squashed) is None
    assert {step.layer for step in read_history(squashed)} == {None}


def test_a_very_long_line_is_quick():
    assert parse_created_by("|1 " + "A=1 " * 200_000).keyword == "RUN"
