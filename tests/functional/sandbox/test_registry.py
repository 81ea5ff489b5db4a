import hashlib
import io
import json
import tarfile
from pathlib import Path

import httpx2
import pytest

from landwaiter.errors import InputError, UnreachableError
from landwaiter.images.open import open_source
from landwaiter.sandbox.push import Registry
from landwaiter.sandbox.sandbox import Sandbox


@pytest.fixture
def http(box: Sandbox) -> httpx2.Client:
    token = box.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    headers = {"Host": box.registry, "Authorization": f"Basic {token}"}
    return httpx2.Client(base_url=box.endpoint, headers=headers, trust_env=False)


def top_digest(layout: Path) -> str:
    return str(json.loads((layout / "index.json").read_text())["manifests"][0]["digest"])


def test_a_pushed_layout_comes_back_byte_for_byte(box: Sandbox, http: httpx2.Client, layout: Path, unique: str) -> None:
    pushed = box.push(str(layout), unique, "1.0")
    assert pushed.digest == top_digest(layout)
    assert pushed.reference == f"{box.registry}/{unique}:1.0"
    manifest = http.get(f"/v2/{unique}/manifests/1.0")
    assert f"sha256:{hashlib.sha256(manifest.content).hexdigest()}" == pushed.digest
    for blob in (manifest.json()["config"], *manifest.json()["layers"]):
        content = http.get(f"/v2/{unique}/blobs/{blob['digest']}").content
        assert content == (layout / "blobs" / blob["digest"].replace(":", "/")).read_bytes()
    described = box.client("ecr").describe_images(repositoryName=unique)["imageDetails"]
    assert [(image["imageDigest"], image["imageTags"]) for image in described] == [(pushed.digest, ["1.0"])]


def test_nobody_gets_in_without_ecrs_token(box: Sandbox, layout: Path, unique: str) -> None:
    box.push(str(layout), unique)
    for headers in ({}, {"Authorization": "Basic QVdTOndyb25n"}):
        refused = httpx2.get(f"{box.endpoint}/v2/{unique}/manifests/latest", headers={"Host": box.registry, **headers})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith('Basic realm="')


def test_our_own_client_signs_in_and_pulls(
    box: Sandbox, layout: Path, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = box.push(str(layout), unique, "1.0")
    for name, value in box.environ().items():
        monkeypatch.setenv(name, value)
    with open_source(pushed.reference) as source:
        assert source.image.digest == pushed.digest
        with source.members(source.image.layers[0]) as members:
            assert [member.path for member in members] == ["etc/os-release"]


def test_a_sandbox_may_let_everybody_in(tmp_path: Path, layout: Path) -> None:
    with Sandbox.start(tmp_path, registry_auth=False) as other:
        pushed = other.push(str(layout), "web")
        answer = httpx2.get(f"{other.endpoint}/v2/web/manifests/latest", headers={"Host": other.registry})
        assert answer.headers["docker-content-digest"] == pushed.digest


def test_a_repositorys_uri_leads_to_the_sandbox(box: Sandbox, unique: str) -> None:
    made = box.client("ecr").create_repository(repositoryName=unique)["repository"]
    assert made["repositoryUri"] == f"{box.registry}/{unique}"


def test_a_docker_archive_is_pushed_with_a_manifest_of_its_own(
    box: Sandbox, http: httpx2.Client, layout: Path, unique: str, tmp_path: Path
) -> None:
    manifest = json.loads((layout / "blobs" / top_digest(layout).replace(":", "/")).read_text())
    layer, config = (
        (layout / "blobs" / one["digest"].replace(":", "/")).read_bytes()
        for one in (manifest["layers"][0], manifest["config"])
    )
    entry = [{"Config": "config.json", "RepoTags": ["x:1"], "Layers": ["layer.tar"]}]
    archive = tmp_path / "image.tar"
    with tarfile.open(archive, "w") as tar:
        for name, content in (
            ("config.json", config),
            ("layer.tar", layer),
            ("manifest.json", json.dumps(entry).encode()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    pushed = box.push(f"docker-archive:{archive}", unique)
    stored = http.get(f"/v2/{unique}/manifests/{pushed.digest}").json()
    assert stored["config"]["digest"] == manifest["config"]["digest"]
    assert stored["layers"] == [manifest["layers"][0]]


def test_ranges_and_absence(box: Sandbox, http: httpx2.Client, layout: Path, unique: str) -> None:
    box.push(str(layout), unique)
    digest = http.get(f"/v2/{unique}/manifests/latest").json()["layers"][0]["digest"]
    path = f"/v2/{unique}/blobs/{digest}"
    whole = http.get(path).content
    assert int(http.head(path).headers["content-length"]) == len(whole)
    part = http.get(path, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, whole[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(whole)}"
    rest = http.get(path, headers={"Range": "bytes=10-"})
    assert (rest.status_code, rest.content) == (206, whole[10:])
    assert http.get(path, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    assert http.get(f"/v2/{unique}/blobs/sha256:{'0' * 64}").status_code == 404
    box.client("ecr").create_repository(repositoryName=f"{unique}-other")
    assert http.head(f"/v2/{unique}-other/blobs/{digest}").status_code == 404


def test_an_upload_in_pieces(http: httpx2.Client, box: Sandbox, unique: str) -> None:
    box.client("ecr").create_repository(repositoryName=unique)
    content = b"0123456789" * 1000
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    place = http.post(f"/v2/{unique}/blobs/uploads/").headers["location"]
    first = http.patch(place, content=content[:4000])
    assert (first.status_code, first.headers["range"]) == (202, "0-3999")
    assert http.get(place).headers["range"] == "0-3999"
    assert http.put(place, params={"digest": digest}, content=content[4000:]).status_code == 201
    assert http.get(f"/v2/{unique}/blobs/{digest}").content == content


def test_content_that_is_not_its_digest_is_refused(http: httpx2.Client, box: Sandbox, unique: str) -> None:
    box.client("ecr").create_repository(repositoryName=unique)
    place = http.post(f"/v2/{unique}/blobs/uploads/").headers["location"]
    wrong = f"sha256:{hashlib.sha256(b'other').hexdigest()}"
    answer = http.put(place, params={"digest": wrong}, content=b"this")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "DIGEST_INVALID")
    assert http.head(f"/v2/{unique}/blobs/{wrong}").status_code == 404
    assert http.put(place, params={"digest": wrong}, content=b"other").status_code == 404


def test_bad_inputs_are_named(box: Sandbox, layout: Path, tmp_path: Path) -> None:
    with Registry(box.endpoint, box.registry) as registry, pytest.raises(UnreachableError, match="does not exist"):
        registry.push_image(str(layout), "no-such-repository")
    (tmp_path / "noise").write_bytes(b"noise" * 1000)
    with pytest.raises(InputError):
        box.push(str(tmp_path / "noise"), "bad")
    (tmp_path / "root" / "etc").mkdir(parents=True)
    with pytest.raises(InputError, match="no image that could be pushed"):
        box.push(str(tmp_path / "root"), "bad")
