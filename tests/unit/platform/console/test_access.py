from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from landwaiter.platform.console.access import SignInRequiredError, local_path

SITE = "https://platform.example"
paths = st.text(alphabet=st.sampled_from("/\\.:@?#ahtpsjvcr \t\n\r\x00%é\u202e"), max_size=12)


@given(st.one_of(st.text(max_size=40), paths, paths.map(lambda text: "/" + text)))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https:///evil.example")
@example("//[")
@settings(max_examples=300)
def test_whatever_comes_in_a_browser_stays_on_the_site(text: str) -> None:
    path = local_path(text)
    assert path in {"/", text}
    # A browser drops tabs and line ends, and takes a backslash for a slash (WHATWG URL standard).
    seen = path.translate({9: None, 10: None, 13: None}).replace("\\", "/").strip()
    assert urlsplit(urljoin(SITE, seen)).netloc == urlsplit(SITE).netloc


@pytest.mark.parametrize("path", ["/", "/images/sha256:ab?text=a%20b#findings", "/running?state=all&verdict=fail"])
def test_our_own_paths_are_kept(path: str) -> None:
    assert local_path(path) == path


def test_the_wanted_page_is_one_value_of_the_query() -> None:
    assert SignInRequiredError("/a?b=c&next=//d").location == "/sign-in?next=%2Fa%3Fb%3Dc%26next%3D%2F%2Fd"
