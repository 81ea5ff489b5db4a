"""Against a server of our own that breaks off, stalls, lies, limits, redirects and asks for tokens."""

import base64
import email.utils
import json
import os
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from landwaiter.errors import InputError, NotPermittedError, UnreachableError
from landwaiter.images.access import Access, Patience
from landwaiter.images.credentials import Credential, EcrCredentials, FixedCredential, NoCredentials
from landwaiter.images.limits import Limits
from landwaiter.images.open import open_source

QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=3)
BIG = os.urandom(600_000)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, ""))
        self.server.answer(self)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.server.answer(self)

    def log_message(self, *_):
        pass

    def reply(self, status, content=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(content), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            pass  # the client has had enough

    def break_off(self):
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(2)


class Server(ThreadingHTTPServer):
    """Serves the files of an image; `special` maps a pattern of paths to a function that answers instead."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server_port}"
        self.seen = []
        self.documents = {}
        self.special = {}

    def serve(self, builder, image):
        descriptor, blobs = builder.blobs(image)
        self.documents = {f"/v2/app/blobs/{digest}": content for digest, content in blobs.items()}
        manifest = blobs[descriptor["digest"]]
        self.documents |= {"/v2/app/manifests/1": manifest, f"/v2/app/manifests/{descriptor['digest']}": manifest}
        self.manifest = descriptor["digest"]
        self.layer = max(blobs, key=lambda digest: len(blobs[digest]))
        self.layer_content = blobs[self.layer]
        return self

    def answer(self, request):
        for pattern, function in self.special.items():
            if re.search(pattern, request.path):
                function(request)
                return
        self.ordinary(request)

    def ordinary(self, request):
        content = self.documents.get(request.path)
        if content is None:
            request.reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"not\\u001bhere"}]}')
        else:
            request.reply(200, content)

    def asked(self, part):
        return [headers for path, headers, _ in self.seen if part in path]


@pytest.fixture
def start_server():
    running = []

    def start():
        server = Server()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server(start_server, image_builder):
    return start_server().serve(image_builder, image_builder.image({"a": "1", "big": BIG}))


def access(**fields):
    return Access(**{"credentials": NoCredentials(), "patience": QUICK, **fields})


def pull(server, reference="app:1", **fields):
    with open_source(f"{server.host}/{reference}", access=access(**fields)) as source:
        [layer] = source.image.layers
        with source.members(layer) as members:
            return {m.path: m.read(m.size) for m in members}


GOOD = {"a": b"1", "big": BIG}


class Broken:
    """A blob that breaks off after `piece` bytes, with or without ranges."""

    def __init__(self, server, piece, ranges=True, stall=None):
        self.server, self.piece, self.ranges, self.stall = server, piece, ranges, stall
        server.special["blobs/" + server.layer] = self

    def __call__(self, request):
        content, start = self.server.layer_content, 0
        match = re.match(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if match and self.ranges:
            start = int(match[1])
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            request.send_response(200)
        request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        request.wfile.write(content[start : start + self.piece])
        if len(content) - start > self.piece:
            if self.stall:
                request.wfile.flush()
                self.stall.wait(20)
            request.break_off()


class TestBlobs:
    def test_resumes_by_range(self, server):
        Broken(server, 250_000)
        assert pull(server) == GOOD
        ranges = [headers.get("range") for headers in server.asked(server.layer)]
        assert ranges == [None, "bytes=250000-", "bytes=500000-"]

    def test_resumes_where_there_are_no_ranges(self, server):
        broken = Broken(server, 100_000, ranges=False)
        grow = iter(range(200_000, 10_000_000, 200_000))

        def growing(request):
            broken.piece = next(grow)
            broken(request)

        server.special["blobs/" + server.layer] = growing
        assert pull(server) == GOOD

    def test_no_progress_is_given_up(self, server):
        Broken(server, 100_000, ranges=False)
        with pytest.raises(UnreachableError, match=r"sends only 100,000 of 6\d\d,\d\d\d bytes"):
            pull(server)
        assert len(server.asked(server.layer)) == 4

    def test_another_range_than_asked(self, server):
        Broken(server, 100_000)

        def shifted(request):
            if "Range" in request.headers:
                request.reply(
                    206, server.layer_content[300_000:], Content_Range=f"bytes 300000-{len(server.layer_content) - 1}/*"
                )
            else:
                request.send_response(200)
                request.send_header("Content-Length", "200000")
                request.end_headers()
                request.wfile.write(server.layer_content[:100])
                request.break_off()

        server.special["blobs/" + server.layer] = shifted
        with pytest.raises(UnreachableError, match="another range than asked"):
            pull(server)

    def test_a_stall_ends_soon(self, server):
        released = threading.Event()
        Broken(server, 1000, stall=released)
        started = time.monotonic()
        try:
            # Each attempt brings a thousand bytes, so what ends this is that they come too slowly, again and again.
            with pytest.raises(UnreachableError, match="sends only 3,000"):
                pull(server, limits=Limits(stall_seconds=0.3))
        finally:
            released.set()
        assert time.monotonic() - started < 8

    def test_headers_that_drip(self, server):
        stop = threading.Event()

        def drip(request):
            request.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.05):
                try:
                    request.wfile.write(b"X")
                    request.wfile.flush()
                except OSError:
                    return

        server.special["manifests"] = drip
        started = time.monotonic()
        try:
            with pytest.raises(UnreachableError, match="sends too slowly|timed out|cannot be used"):
                pull(server, limits=Limits(stall_seconds=0.4))
        finally:
            stop.set()
        assert time.monotonic() - started < 6

    def test_other_content_of_the_same_length(self, server):
        changed = bytearray(server.layer_content)
        changed[5] ^= 1
        server.documents[f"/v2/app/blobs/{server.layer}"] = bytes(changed)
        with pytest.raises(InputError, match="is damaged: its content has the digest"):
            pull(server)

    def test_more_than_the_manifest_says(self, server):
        server.documents[f"/v2/app/blobs/{server.layer}"] = server.layer_content + bytes(100)
        with pytest.raises(InputError, match="sends more for layer"):
            pull(server)

    def test_a_length_that_is_too_long(self, server):
        def lie(request):
            request.send_response(200)
            request.send_header("Content-Length", str(len(server.layer_content) + 5000))
            request.end_headers()
            request.wfile.write(server.layer_content)
            request.break_off()

        server.special["blobs/" + server.layer] = lie
        assert pull(server) == GOOD

    def test_a_length_that_is_too_short(self, server):
        server.special["blobs/" + server.layer] = lambda request: request.reply(200, server.layer_content[:9000])
        with pytest.raises(UnreachableError, match="sends only 9,000"):
            pull(server)

    def test_chunked_without_a_length(self, server):
        def chunked(request):
            request.send_response(200)
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            for at in range(0, len(server.layer_content), 7777):
                piece = server.layer_content[at : at + 7777]
                request.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            request.wfile.write(b"0\r\n\r\n")

        server.special["blobs/" + server.layer] = chunked
        assert pull(server) == GOOD

    def test_leaving_early_ends_the_download(self, server):
        before = threading.active_count()
        with (
            open_source(f"{server.host}/app:1", access=access()) as source,
            source.members(source.image.layers[0]) as members,
        ):
            assert next(iter(members)).path == "a"
        deadline = time.monotonic() + 5
        while threading.active_count() > before + 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("landwaiter-")]


class TestDocuments:
    def test_another_manifest_than_the_digest_says(self, server, image_builder):
        other, blobs = image_builder.blobs(image_builder.image({"x": "1"}))
        server.documents[f"/v2/app/manifests/{server.manifest}"] = blobs[other["digest"]]
        with pytest.raises(InputError, match="is damaged"):
            pull(server, f"app@{server.manifest}")

    def test_a_digest_header_that_does_not_fit(self, server):
        content = server.documents["/v2/app/manifests/1"]
        server.special["manifests"] = lambda request: request.reply(
            200, content, Docker_Content_Digest="sha256:" + "0" * 64
        )
        with pytest.raises(InputError, match="is damaged"):
            pull(server)

    @pytest.mark.parametrize("header", ["", "etag", "sha256:short"])
    def test_a_digest_header_that_is_none(self, server, header):
        content = server.documents["/v2/app/manifests/1"]
        server.special["manifests"] = lambda request: request.reply(200, content, Docker_Content_Digest=header)
        assert pull(server) == GOOD

    def test_a_config_that_does_not_fit(self, server):
        for path, content in server.documents.items():
            if b"rootfs" in content:
                server.documents[path] = content.replace(b"linux", b"Linux")
        with pytest.raises(InputError, match="Config sha256:.* is damaged"):
            pull(server)

    def test_an_endless_manifest(self, server):
        def endless(request):
            request.send_response(200)
            request.send_header("Content-Length", str(1 << 40))
            request.end_headers()
            try:
                for _ in range(1000):
                    request.wfile.write(bytes(1 << 20))
            except OSError:
                pass

        server.special["manifests"] = endless
        with pytest.raises(InputError, match="more than 4,194,304 bytes"):
            pull(server)

    @pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"\xff"])
    def test_no_manifest_at_all(self, server, content):
        server.documents["/v2/app/manifests/1"] = content
        with pytest.raises(InputError, match="manifest that cannot be read"):
            pull(server)

    def test_a_message_is_shown_without_control_characters(self, server):
        with pytest.raises(InputError, match=r"saying 'MANIFEST_UNKNOWN not\?here'"):
            pull(server, "app:2")

    def test_no_http_at_all(self, server):
        def rubbish(request):
            request.wfile.write(b"\x00\x01 rubbish \r\n\r\n")
            request.break_off()

        server.special["manifests"] = rubbish
        with pytest.raises(UnreachableError, match="cannot be used"):
            pull(server)


def after(server, failures, answer):
    """Give `answer` that many times, then the document itself."""
    count = iter(range(failures))

    def function(request):
        if next(count, None) is None:
            server.ordinary(request)
        else:
            answer(request)

    return function


class TestPatience:
    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    def test_failures_that_pass(self, server, status):
        server.special["manifests"] = after(server, 2, lambda request: request.reply(status))
        assert pull(server) == GOOD

    def test_failures_that_stay(self, server):
        server.special["manifests"] = lambda request: request.reply(503)
        with pytest.raises(UnreachableError, match=f"The registry {server.host} cannot be used: it answers 503"):
            pull(server)
        assert len(server.asked("manifests")) == 3

    @pytest.mark.parametrize("as_date", [False, True])
    def test_retry_after_is_honoured(self, server, as_date):
        def limit(request):
            value = email.utils.formatdate(time.time() + 2, usegmt=True) if as_date else "1"
            request.reply(429, Retry_After=value)

        server.special["manifests"] = after(server, 1, limit)
        started = time.monotonic()
        assert pull(server) == GOOD
        assert time.monotonic() - started > 0.9

    def test_retry_after_that_is_too_long(self, server):
        server.special["manifests"] = lambda request: request.reply(429, Retry_After="3600")
        with pytest.raises(UnreachableError, match="answers 429 and wants us to wait 3600 seconds"):
            pull(server)
        assert len(server.asked("manifests")) == 1

    def test_connections_that_break(self, server):
        server.special["manifests"] = after(server, 2, lambda request: request.break_off())
        assert pull(server) == GOOD

    def test_connections_are_used_again(self, server):
        clients = set()
        ordinary = server.ordinary

        def note(request):
            clients.add(request.client_address)
            ordinary(request)

        server.special["app"] = note
        assert pull(server) == GOOD
        assert len(clients) == 1
        assert len(server.asked("/v2/app")) == 3


class TestRedirects:
    def test_to_another_host_without_the_credentials(self, server, start_server):
        store = start_server()
        store.documents["/bucket/object?signature=1"] = server.layer_content
        server.special["blobs/" + server.layer] = lambda request: request.reply(
            307, Location=f"http://{store.host}/bucket/object?signature=1"
        )
        original = server.ordinary

        def locked(request):
            if "Authorization" not in request.headers:
                request.reply(401, WWW_Authenticate='Basic realm="x"')
            else:
                original(request)

        server.special["manifests"] = locked
        assert pull(server, credentials=FixedCredential(Credential("ali", "secret"))) == GOOD
        assert server.asked("manifests")[-1]["authorization"] == "Basic " + base64.b64encode(b"ali:secret").decode()
        assert "authorization" in server.asked(server.layer)[0]
        assert [headers.get("authorization") for headers in store.asked("bucket")] == [None]

    def test_within_the_registry(self, server):
        server.documents["/elsewhere"] = server.layer_content
        server.special["blobs/" + server.layer] = lambda request: request.reply(302, Location="/elsewhere")
        assert pull(server) == GOOD

    def test_in_circles(self, server):
        server.special["manifests"] = lambda request: request.reply(302, Location=request.path)
        with pytest.raises(UnreachableError, match="redirects in circles"):
            pull(server)

    @pytest.mark.parametrize(
        "place",
        [
            "http://192.0.2.1/x",
            "file:///etc/passwd",
            "ftp://127.0.0.1/",
            "http://[::",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:0/",
            "http://exämple/",
        ],
    )
    def test_to_places_we_do_not_go(self, server, place):
        server.special["manifests"] = lambda request: request.reply(302, Location=place)
        with pytest.raises(UnreachableError, match="is refused: it is not encrypted|is not an address|no address"):
            pull(server)


class TestTokens:
    @pytest.fixture
    def tokens(self, server):
        """The registry wants a bearer token; the fixture's list holds what each token was asked for with."""
        valid, asked = set(), []
        original = server.ordinary

        def locked(request):
            if request.headers.get("Authorization", "").removeprefix("Bearer ") in valid:
                original(request)
            else:
                request.reply(
                    401,
                    WWW_Authenticate=f'Bearer realm="http://{server.host}/token?a=b",service="the, registry",scope="repository:app:pull"',
                )

        def token(request):
            asked.append(
                (
                    request.headers.get("Authorization"),
                    {name: value for name, [value] in parse_qs(urlsplit(request.path).query).items()},
                )
            )
            valid.add(f"token{len(asked)}")
            request.reply(200, json.dumps({"token": f"token{len(asked)}", "expires_in": 300}).encode())

        server.special |= {"^/v2/": locked, "^/token": token}
        server.valid = valid
        return asked

    def test_anonymous(self, server, tokens):
        assert pull(server) == GOOD
        assert tokens == [(None, {"a": "b", "service": "the, registry", "scope": "repository:app:pull"})]

    def test_with_a_password(self, server, tokens):
        assert pull(server, credentials=FixedCredential(Credential("ali", "pass:word"))) == GOOD
        assert [header for header, _ in tokens] == ["Basic " + base64.b64encode(b"ali:pass:word").decode()]

    def test_with_an_identity_token(self, server, tokens):
        def refresh(request):
            body = parse_qs(server.seen[-1][2])
            assert request.command == "POST"
            assert (body["grant_type"], body["refresh_token"], body["scope"]) == (
                ["refresh_token"],
                ["id"],
                ["repository:app:pull"],
            )
            server.valid.add("fresh")
            request.reply(200, b'{"access_token":"fresh"}')

        server.special["^/token"] = refresh
        assert pull(server, credentials=FixedCredential(Credential(identity_token="id"))) == GOOD

    def test_a_token_that_ran_out_is_asked_for_again(self, server, tokens):
        original = server.special["^/v2/"]

        def once(request):
            if "/blobs/" in request.path:
                server.valid.discard("token1")
            original(request)

        server.special["^/v2/"] = once
        assert pull(server) == GOOD
        assert len(tokens) == 2

    def test_a_token_that_is_refused(self, server, tokens):
        server.special["^/token"] = lambda request: request.reply(200, b'{"token":"useless"}')
        with pytest.raises(NotPermittedError, match="does not let us in. It refuses the credentials"):
            pull(server)

    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_a_token_server_that_refuses(self, server, tokens, status):
        server.special["^/token"] = lambda request: request.reply(status)
        with pytest.raises(NotPermittedError, match="token server refuses user 'ali'"):
            pull(server, credentials=FixedCredential(Credential("ali", "x")))

    @pytest.mark.parametrize(
        ("status", "content"),
        [(500, b""), (200, b"<html>"), (200, b"{}"), (200, b'{"token":"a\\nb"}'), (200, b'{"token":1}'), (302, b"")],
    )
    def test_a_token_server_that_fails(self, server, tokens, status, content):
        server.special["^/token"] = lambda request: request.reply(status, content)
        with pytest.raises(UnreachableError, match="token server of"):
            pull(server)

    def test_a_token_server_that_is_busy_for_a_while(self, server, tokens):
        token = server.special["^/token"]
        count = iter(range(2))
        server.special["^/token"] = lambda request: token(request) if next(count, None) is None else request.reply(429)
        assert pull(server) == GOOD

    @pytest.mark.parametrize("realm", ["http://192.0.2.1/token", "gopher://x", "", "http://[", "https://"])
    def test_a_token_server_we_do_not_go_to(self, server, tokens, realm):
        server.special["^/v2/"] = lambda request: request.reply(
            401, WWW_Authenticate=f'Bearer realm="{realm}",service="x"'
        )
        with pytest.raises(
            (UnreachableError, NotPermittedError), match="not encrypted|not an address|no known credentials"
        ):
            pull(server)

    def test_a_scheme_that_nobody_knows(self, server):
        server.special["^/v2/"] = lambda request: request.reply(401, WWW_Authenticate="Negotiate")
        with pytest.raises(NotPermittedError, match="asks for no known credentials"):
            pull(server)

    def test_forbidden(self, server):
        server.special["^/v2/"] = lambda request: request.reply(403, b'{"errors":[{"code":"DENIED","message":"no"}]}')
        with pytest.raises(NotPermittedError, match=r"It refuses .*app:1 \(403, saying 'DENIED no'\)"):
            pull(server)


class TestEcr:
    def locked(self, server, password):
        expected = "Basic " + base64.b64encode(f"AWS:{password}".encode()).decode()
        original = server.ordinary

        def function(request):
            if request.headers.get("Authorization") == expected:
                original(request)
            else:
                request.reply(401, WWW_Authenticate='Basic realm="https://ecr/",service="ecr.amazonaws.com"')

        server.special["^/v2/"] = function

    @pytest.fixture(autouse=True)
    def _aws(self, monkeypatch):
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            monkeypatch.setenv(name, value)

    def pull(self, server):
        host = f"123456789012.dkr.ecr.eu-west-1.localhost:{server.server_port}"
        with (
            open_source(f"{host}/app:1", access=access(credentials=EcrCredentials())) as source,
            source.members(source.image.layers[0]) as members,
        ):
            return {m.path: m.read(m.size) for m in members}

    def test_token_of_the_registry_s_region(self, server, start_server, monkeypatch):
        self.locked(server, "from-aws")
        aws = start_server()
        token = base64.b64encode(b"AWS:from-aws").decode()
        aws.special["^/"] = lambda request: request.reply(
            200,
            json.dumps({"authorizationData": [{"authorizationToken": token}]}).encode(),
            Content_Type="application/x-amz-json-1.1",
        )
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{aws.host}")
        assert self.pull(server) == GOOD
        [(_, headers, _)] = aws.seen
        assert headers["x-amz-target"].endswith(".GetAuthorizationToken")
        assert "/eu-west-1/ecr/" in headers["authorization"]
        assert server.seen[0][1]["host"] == f"123456789012.dkr.ecr.eu-west-1.localhost:{server.server_port}"

    def test_aws_refuses(self, server, start_server, monkeypatch):
        self.locked(server, "x")
        aws = start_server()
        aws.special["^/"] = lambda request: request.reply(400, b'{"__type":"AccessDeniedException","message":"no"}')
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{aws.host}")
        with pytest.raises(
            NotPermittedError,
            match=r"gives no ECR token for eu-west-1: .*AccessDenied.*Allow ecr:GetAuthorizationToken",
        ):
            self.pull(server)

    def test_the_registry_refuses_the_token(self, server, start_server, monkeypatch):
        self.locked(server, "other")
        aws = start_server()
        token = base64.b64encode(b"AWS:from-aws").decode()
        aws.special["^/"] = lambda request: request.reply(
            200, json.dumps({"authorizationData": [{"authorizationToken": token}]}).encode()
        )
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{aws.host}")
        with pytest.raises(NotPermittedError, match="refuses the credentials.*Allow ecr:BatchGetImage"):
            self.pull(server)
