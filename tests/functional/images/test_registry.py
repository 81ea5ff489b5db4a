"""Against Debian's docker-registry."""

import base64
import json
import os
import threading

import pytest

from landwaiter.errors import InputError, NotPermittedError, UnreachableError
from landwaiter.images.access import Access, Patience, access_from_options
from landwaiter.images.credentials import Credential, EcrCredentials, FirstOf, FixedCredential, NoCredentials
from landwaiter.images.dockerconfig import DockerConfig
from landwaiter.images.open import open_source
from landwaiter.images.platform import parse_platform
from landwaiter.images.reference import parse_reference
from landwaiter.images.registry import Repository

QUICK = Patience(attempts=2, first_wait=0.01)


def anonymous(registry):
    return Access(credentials=NoCredentials(), root_ca_pem=registry.ca_pem, patience=QUICK)


def contents(source):
    found = []
    for layer in source.image.layers:
        with source.members(layer) as members:
            found.append({m.path: m.read(m.size) for m in members})
    return found


@pytest.fixture(scope="module")
def image(image_builder):
    return image_builder.image(
        {"etc/os-release": "ID=x", "big": os.urandom(3_000_000)}, {"b": "2"}, config={"User": "u"}
    )


@pytest.mark.parametrize("compression", ["gzip", "zstd", "plain"])
@pytest.mark.parametrize("form", ["plain_registry", "tls_registry"])
def test_pull_by_tag_and_digest(request, image_builder, image, form, compression):
    registry = request.getfixturevalue(form)
    digest = registry.push(image_builder, f"org/app-{compression}", "1.0", image, compression=compression)
    for name in (f"{registry.host}/org/app-{compression}:1.0", f"{registry.host}/org/app-{compression}@{digest}"):
        with open_source(name, access=anonymous(registry)) as source:
            assert source.image.reference == name
            assert source.image.digest == digest
            assert [layer.diff_id for layer in source.image.layers] == image.diff_ids
            first, second = contents(source)
        assert (first["etc/os-release"], len(first["big"]), second) == (b"ID=x", 3_000_000, {"b": b"2"})


def test_index_with_attestation(tls_registry, image_builder):
    images = {one: image_builder.image({"arch": one}, architecture=one) for one in ("amd64", "arm64")}
    top = tls_registry.push(image_builder, "multi", "1", images, index=True)
    with open_source(
        f"{tls_registry.host}/multi:1", platform=parse_platform("linux/arm64"), access=anonymous(tls_registry)
    ) as source:
        assert contents(source) == [{"arch": b"arm64"}]
        assert source.image.index_digest == top != source.image.digest
    with (
        pytest.raises(InputError, match="There is: linux/amd64, linux/arm64"),
        open_source(
            f"{tls_registry.host}/multi:1", platform=parse_platform("linux/s390x"), access=anonymous(tls_registry)
        ),
    ):
        pass


def test_layers_in_parallel(tls_registry, image_builder):
    image = image_builder.image(*({f"f{n}": os.urandom(500_000)} for n in range(8)))
    tls_registry.push(image_builder, "parallel", "1", image)
    found = []
    with open_source(f"{tls_registry.host}/parallel:1", access=anonymous(tls_registry)) as source:

        def read(layer):
            with source.members(layer) as members:
                found.extend(m.path for m in members)

        threads = [threading.Thread(target=read, args=(layer,)) for layer in source.image.layers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == [f"f{n}" for n in range(8)]


def test_a_private_ca_must_be_named(tls_registry, image_builder, image, tmp_path):
    tls_registry.push(image_builder, "ca", "1", image)
    with (
        pytest.raises(
            UnreachableError, match=r"certificate of the registry .* is not trusted: .* name that CA's certificate"
        ),
        open_source(f"{tls_registry.host}/ca:1", access=Access(credentials=NoCredentials(), patience=QUICK)),
    ):
        pass
    (tmp_path / "ca.pem").write_text(tls_registry.ca_pem)
    with open_source(f"{tls_registry.host}/ca:1", access=access_from_options(tmp_path / "ca.pem")) as source:
        assert source.image.digest


def test_names_under_localhost_are_this_machine(tls_registry, plain_registry, image_builder, image):
    for registry, name in (
        (tls_registry, "registry.localhost"),
        (plain_registry, "123456789012.dkr.ecr.us-east-1.localhost"),
    ):
        registry.push(image_builder, "local", "1", image)
        host = registry.host.replace("127.0.0.1", name)
        # The stand-in's ECR wants no credentials, so none are asked of AWS.
        access = Access(credentials=EcrCredentials(), root_ca_pem=registry.ca_pem, patience=QUICK)
        with open_source(f"{host}/local:1", access=access) as source:
            assert len(contents(source)) == 2


@pytest.fixture(scope="module")
def private_image(locked_registry, image_builder, image):
    return locked_registry.push(image_builder, "private/app", "1", image)


@pytest.mark.usefixtures("private_image")
class TestPasswords:
    def opened(self, registry, credentials):
        access = Access(credentials=credentials, root_ca_pem=registry.ca_pem, patience=QUICK)
        return open_source(f"{registry.host}/private/app:1", access=access)

    def test_right(self, locked_registry):
        with self.opened(locked_registry, FixedCredential(Credential("ali", "open sesame"))) as source:
            assert len(contents(source)) == 2

    def test_from_the_docker_config(self, locked_registry, tmp_path):
        auth = base64.b64encode(b"ali:open sesame").decode()
        (tmp_path / "config.json").write_text(json.dumps({"auths": {locked_registry.host: {"auth": auth}}}))
        with self.opened(
            locked_registry, FirstOf((DockerConfig(tmp_path / "config.json"), EcrCredentials()))
        ) as source:
            assert source.image.digest

    def test_from_the_environment(self, locked_registry, tmp_path, monkeypatch):
        monkeypatch.setenv("LANDWAITER_REGISTRY_PASSWORD", "open sesame")
        (tmp_path / "ca.pem").write_text(locked_registry.ca_pem)
        with open_source(
            f"{locked_registry.host}/private/app:1", access=access_from_options(tmp_path / "ca.pem", "ali")
        ) as source:
            assert source.image.digest

    def test_wrong(self, locked_registry):
        with (
            pytest.raises(NotPermittedError, match="refuses the credentials"),
            self.opened(locked_registry, FixedCredential(Credential("ali", "wrong"))),
        ):
            pass

    def test_none(self, locked_registry):
        with (
            pytest.raises(NotPermittedError, match=r"wants credentials, and there are none for it.* docker login"),
            self.opened(locked_registry, NoCredentials()),
        ):
            pass

    def test_of_another_registry(self, locked_registry):
        elsewhere = FixedCredential(Credential("ali", "open sesame"), "registry.example")
        with pytest.raises(NotPermittedError, match="there are none"), self.opened(locked_registry, elsewhere):
            pass


def test_what_is_not_there(tls_registry, image_builder, image):
    tls_registry.push(image_builder, "exists", "1", image)
    for name in ("nothing:1", "exists:2", "exists@sha256:" + "0" * 64):
        with (
            pytest.raises(
                InputError, match="does not exist, saying 'MANIFEST_UNKNOWN|does not exist, saying 'NAME_UNKNOWN"
            ),
            open_source(f"{tls_registry.host}/{name}", access=anonymous(tls_registry)),
        ):
            pass


def test_nobody_there():
    with (
        pytest.raises(UnreachableError, match="cannot be used: .*refused"),
        open_source("127.0.0.1:9/app", access=Access(credentials=NoCredentials(), patience=Patience(first_wait=0.01))),
    ):
        pass


def test_no_plain_http_to_other_machines():
    access = Access(credentials=NoCredentials(), patience=QUICK)
    repository = Repository(parse_reference("127.0.0.1:9/app"), access)
    repository._session._may_be_plain = False
    with pytest.raises(UnreachableError):
        repository.manifest("1")
    assert repository._session._base.startswith("https:")


def test_no_referrers(tls_registry, image_builder, image):
    digest = tls_registry.push(image_builder, "bare", "1", image)
    repository = Repository(parse_reference(f"{tls_registry.host}/bare"), anonymous(tls_registry))
    assert repository.referrers(digest) == ()


def test_referrers_by_the_tag_of_the_specification(tls_registry, image_builder, image):
    digest = tls_registry.push(image_builder, "signed", "1", image)
    listed = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": digest,
        "size": 1,
        "artifactType": "application/x.signature",
    }
    content = json.dumps(
        {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [listed]}
    ).encode()
    tls_registry.request(
        "PUT",
        f"/v2/signed/manifests/{digest.replace(':', '-')}",
        content,
        **{"Content-Type": "application/vnd.oci.image.index.v1+json"},
    )
    repository = Repository(parse_reference(f"{tls_registry.host}/signed"), anonymous(tls_registry))
    assert [one.digest for one in repository.referrers(digest)] == [digest]
    assert repository.referrers(digest, "application/x.signature") == repository.referrers(digest)
    assert repository.referrers(digest, "application/other") == ()
