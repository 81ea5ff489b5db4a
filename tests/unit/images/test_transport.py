import pytest

from landwaiter.errors import InputError, UnreachableError
from landwaiter.images.limits import Limits
from landwaiter.images.transport import Http, check_url, is_loopback


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "a.b.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_this_machine(host):
    assert is_loopback(host)
    check_url(f"http://{f'[{host}]' if host == '::1' else host}:5000/v2/")


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "localhost.example.org",
        "notlocalhost",
        "10.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "[fe80::1]",
        "128.0.0.1",
        "127.0.0.1.evil.org",
        "",
    ],
)
def test_other_machines_get_no_plain_http(host):
    assert not is_loopback(host)
    with pytest.raises(UnreachableError, match=r"is refused: it is not encrypted|is not an address"):
        check_url(f"http://{host}/v2/")


def test_userinfo_does_not_deceive():
    with pytest.raises(UnreachableError, match="is refused"):
        check_url("http://localhost@example.org/")
    with pytest.raises(UnreachableError, match="is refused"):
        check_url("http://127.0.0.1:80@example.org/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "/v2/",
        "https://",
        "ftp://localhost/",
        "file:///etc/passwd",
        "https://a:b/",
        "https://a:70000/",
        "https://[::/",
        "https://é/",
    ],
)
def test_what_is_no_address(url):
    with pytest.raises(UnreachableError, match="is not an address"):
        check_url(url)


def test_proxies_that_are_not_supported(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    http = Http("", Limits())
    with pytest.raises(InputError, match="is not supported. Name an HTTP proxy"):
        http.send("GET", "https://registry.example/v2/", {})
    http.close()
