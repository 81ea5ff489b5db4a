"""The job's calls to the platform, against a real HTTPS server."""

import socket
import time

import pytest

from landwaiter.errors import InputError, NotPermittedError, UnreachableError
from landwaiter.inventory.models import ANALYSER_VERSION, LayerFacts
from landwaiter.scan.document import ScanFailure, StepReport

SCAN = "/api/v1/sensor/scans/s1"
A, B = ("sha256:" + letter * 64 for letter in "ab")


def test_the_layers_that_the_platform_lacks(platform, client):
    platform.facts[A] = {}
    assert client().missing_layers((A, B)) == (B,)
    (call,) = platform.calls
    assert (call.method, call.path) == ("POST", f"{SCAN}/layers/query")
    assert call.body == {"diff_ids": [A, B], "analyser": ANALYSER_VERSION}
    assert call.headers["authorization"] == "Bearer lw_s_abc_very-secret"
    assert call.headers["content-encoding"] == "gzip"


def test_facts_failure_and_steps_are_handed_in(platform, client):
    scan = client()
    scan.upload_layer(LayerFacts(A))
    scan.report_failure(ScanFailure("unreadable", "It is no image.", "Push it again."))
    scan.report_steps([StepReport("resolve image", "2026-11-23T10:00:00+00:00", 5)])
    assert [(call.method, call.path) for call in platform.calls] == [
        ("PUT", f"/api/v1/sensor/layers/{A}"),
        ("POST", f"{SCAN}/failure"),
        ("POST", f"{SCAN}/steps"),
    ]
    assert platform.facts[A]["diff_id"] == A


@pytest.mark.parametrize("content", [b"<html>Please log in</html>", b"", b"[]", b'{"missing": 5}', b"\xff\xfe{}"])
def test_an_answer_of_somebody_else_names_the_address_and_the_remedy(platform, client, content):
    platform.script.append(("/query", 200, content))
    with pytest.raises(UnreachableError, match="LANDWAITER_PLATFORM_URL") as raised:
        client().missing_layers((A,))
    assert f"{platform.url}{SCAN}/layers/query" in raised.value.what
    assert raised.value.exit_code == 3


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_platform_that_is_away_is_waited_for(platform, client, status):
    platform.script.append(("/query", status, b"busy"))
    assert client().missing_layers((A,)) == (A,)
    assert len(platform.calls) == 2


def test_a_platform_that_stays_away_is_given_up(platform, client):
    platform.script.extend([("/query", 503, b"")] * 5)
    with pytest.raises(UnreachableError, match="did not answer.*503.*landwaiter aws doctor"):
        client(patience=0.6).missing_layers((A,))
    assert len(platform.calls) == 2


def test_nobody_at_the_address(client):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(UnreachableError, match=url):
            client(patience=0.1, platform_url=url).missing_layers((A,))


def test_a_certificate_that_is_not_trusted_is_no_reason_to_wait(platform, client):
    started = time.monotonic()
    with pytest.raises(UnreachableError, match="not trusted.*landwaiter aws ca publish"):
        client(patience=60, root_ca="").missing_layers((A,))
    assert time.monotonic() - started < 5
    assert not platform.calls


@pytest.mark.parametrize("pem", ["no certificate", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", "ä"])
def test_a_root_ca_that_is_none_is_named_by_its_variable(client, pem):
    with pytest.raises(InputError, match="LANDWAITER_ROOT_CA"):
        client(root_ca=pem)


@pytest.mark.parametrize(("status", "kind"), [(401, NotPermittedError), (403, NotPermittedError), (400, InputError)])
def test_a_refusal_is_told_in_the_platforms_words_and_not_repeated(platform, client, status, kind):
    platform.script.append(("/query", status, {"error": {"what": "127.0.0.1 is not in the allow list."}}))
    with pytest.raises(kind, match=f"{status}: .*not in the allow list"):
        client().missing_layers((A,))
    assert len(platform.calls) == 1


def test_a_redirect_is_not_followed(platform, client):
    platform.script.append(("/query", 307, b"elsewhere"))
    with pytest.raises(InputError, match="307"):
        client().missing_layers((A,))


@pytest.mark.parametrize("status", [400, 403, 503])
def test_a_journal_that_is_not_taken_fails_nothing(platform, client, status):
    platform.script.append(("/steps", status, b""))
    client().report_steps([StepReport("resolve image", "2026-11-23T10:00:00+00:00", 5)])
    assert len(platform.calls) == 1
