import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.sandbox.buildspec import PHASES, parse


def test_a_full_specification() -> None:
    spec = parse("""
version: 0.2
env:
  shell: bash
  variables: {A: b, N: 3.10}
  secrets-manager: {TOKEN: "arn:aws:secretsmanager:us-east-1:1:secret:x:key"}
  parameter-store: {P: /path}
phases:
  install:
    runtime-versions: {python: "3.11"}
  build:
    on-failure: CONTINUE
    commands:
      - false
      - |
        if true; then
          echo two
        fi
    finally: [echo bye]
""")
    assert spec.shell == "bash"
    assert spec.variables == {"A": "b", "N": "3.10"}
    assert spec.secrets == {"TOKEN": "arn:aws:secretsmanager:us-east-1:1:secret:x:key"}
    assert spec.parameters == {"P": "/path"}
    assert tuple(phase.name for phase in spec.phases) == PHASES
    build = spec.phases[2]
    assert build.commands == ("false", "if true; then\n  echo two\nfi\n")
    assert build.finally_commands == ("echo bye",)
    assert build.keep_going
    assert spec.phases[0].commands == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no phases"),
        ("[1, 2]", "no phases"),
        ("phases: []", "no phases"),
        ("phases: {deploy: {commands: [x]}}", "unknown phase 'deploy'"),
        ("phases: {build: {commands: {a: b}}}", "phase build must be a list"),
        ("phases: {build: {commands: [[a]]}}", "phase build must be a list"),
        ("env: {shell: fish}\nphases: {build: {commands: [x]}}", "shell 'fish'"),
        ("phases: {build: {commands: [x}", "YAML_FILE_ERROR"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(InputError, match="YAML_FILE_ERROR") as raised:
        parse(text)
    assert said in str(raised.value)


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        assert len(parse(text).phases) == len(PHASES)


@settings(max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["env", "phases", "build", "commands", "shell", "variables", "finally"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_document_is_read_or_refused(document: object) -> None:
    with contextlib.suppress(InputError):
        assert len(parse(json.dumps(document)).phases) == len(PHASES)
