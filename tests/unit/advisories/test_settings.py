from pathlib import Path

import pytest

from landwaiter.advisories.settings import FeedSettings, load_feed_settings
from landwaiter.errors import InputError

FILE = """
mirror = "https://mirror.example.net/feeds"
only = ["osv", "kev"]
opt_in = ["osv/Wolfi", "wolfi-secdb"]
[addresses]
osv = "/srv/osv"
kev = "/srv/kev"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.toml"
    path.write_text(FILE)
    return path


def test_nothing_is_said() -> None:
    assert load_feed_settings(None, {}) == FeedSettings()


def test_the_file(file: Path) -> None:
    settings = load_feed_settings(file, {})
    assert settings.mirror == "https://mirror.example.net/feeds"
    assert settings.only == ("osv", "kev")
    assert settings.addresses == {"osv": "/srv/osv", "kev": "/srv/kev"}
    assert settings.compiled == ("wolfi-secdb", "osv-optional")


def test_options_overrule_the_environment_and_that_the_file(file: Path) -> None:
    environment = {"LANDWAITER_FEEDS_MIRROR": "/from/environment", "LANDWAITER_FEEDS_ROOT_CA": "ca.pem"}
    settings = load_feed_settings(file, environment)
    assert (settings.mirror, settings.root_ca) == ("/from/environment", "ca.pem")
    given = {"mirror": "/from/option", "only": (), "addresses": {"kev": "/elsewhere"}}
    settings = load_feed_settings(file, environment, given)
    assert settings.mirror == "/from/option"
    assert settings.only == ("osv", "kev")
    assert settings.addresses == {"osv": "/srv/osv", "kev": "/elsewhere"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("miror = 'x'", "did you mean 'mirror'"),
        ("mirror = 7", "str"),
        ("only = ['osv/PiPY']", "did you mean 'osv/PyPI'"),
        ("only = ['zzzzzz']", "is no feed"),
        ("opt_in = ['kev']", "asks for a decision"),
        ("[addresses]\nnonesuch = 'x'", "is no feed"),
        ("addresses = 'x'", "object"),
        ("mirror = ", "cannot be read"),
        ("\x00", "cannot be read"),
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(InputError, match=why):
        load_feed_settings(
            tmp_path / "bad.toml", {}, {"addresses": {"kev": "x"}} if "addresses = 'x'" not in text else {}
        )


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_feed_settings(tmp_path / "absent.toml", {})
