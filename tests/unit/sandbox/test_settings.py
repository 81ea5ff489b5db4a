from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.sandbox.settings import Settings, parse_arguments


@settings(max_examples=50)
@given(
    folder=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=20),
    port=st.integers(0, 65535),
    account=st.from_regex(r"[0-9]{12}", fullmatch=True),
    step=st.floats(0, 10),
)
def test_the_command_line_carries_all_settings(folder: str, port: int, account: str, step: float) -> None:
    given = Settings(Path("/" + folder), port, account, "eu-west-1", step, 0.5, 3, registry_auth=port % 2 == 0)
    assert parse_arguments(given.arguments()) == given


def test_a_12_digit_key_stands_for_the_account() -> None:
    variables = Settings(Path("/x"), 4566, "210987654321", "eu-west-1").aws_environment()
    assert variables["AWS_ACCESS_KEY_ID"] == "210987654321"
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
