import pytest

from landwaiter.errors import InputError
from landwaiter.policy.load import checked, load_policy
from landwaiter.policy.models import Policy


def write(folder, text):
    file = folder / "policy.yaml"
    file.write_text(text)
    return file


def test_a_policy(tmp_path):
    text = "name: strict\nfail_on: high\nignore_unfixed: true\nfail_on_controls: [cis-docker 4.1, landwaiter LW.2]\nmax_age_hours: 24\n"
    expected = Policy("strict", "high", True, True, ("cis-docker 4.1", "landwaiter LW.2"), 24)
    assert load_policy(write(tmp_path, text)) == expected


def test_absent_keys_have_their_defaults(tmp_path):
    assert load_policy(write(tmp_path, "fail_on: low\n")) == Policy(fail_on="low")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("fail_on: terrible", "terrible"),
        ("fail_on: 5", "fail_on"),
        ("failon: high", "failon"),
        ("max_age_hours: 0", "max_age_hours"),
        ("max_age_hours: soon", "max_age_hours"),
        ("fail_on_controls: [cis-docker 9.9]", "cis-docker 9.9"),
        ("fail_on_controls: cis-docker 4.1", "fail_on_controls"),
        ("ignore_unfixed: maybe", "ignore_unfixed"),
        ("name: ''", "name"),
        ("- fail_on", "policy"),
        ("", "policy"),
        ("fail_on: [", "YAML"),
        ("5: 5", "5"),
    ],
)
def test_mistakes_are_named_with_file_and_key(tmp_path, text, named):
    with pytest.raises(InputError) as error:
        load_policy(write(tmp_path, text))
    assert "policy.yaml" in str(error.value)
    assert named in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="absent"):
        load_policy(tmp_path / "absent")


def test_the_default_policy_is_sound():
    assert checked(Policy()) == Policy()
