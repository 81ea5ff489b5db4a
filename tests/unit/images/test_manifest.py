import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.images.manifest import (
    DescribedPlatform,
    Descriptor,
    Index,
    Manifest,
    choose,
    describe_image,
    is_attestation,
    parse_config,
    parse_manifest,
)
from landwaiter.images.platform import Platform, parse_platform

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
CONFIG = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 2}
LAYER = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": OTHER, "size": 3}


def parse(**fields):
    return parse_manifest("x", json.dumps({"schemaVersion": 2, **fields}).encode())


def test_oci_and_docker_manifests():
    found = parse(config=CONFIG, layers=[LAYER])
    assert isinstance(found, Manifest)
    assert (found.config.digest, found.layers[0].size) == (DIGEST, 3)
    docker = parse(
        mediaType="application/vnd.docker.distribution.manifest.v2+json",
        config=CONFIG | {"mediaType": "application/vnd.docker.container.image.v1+json"},
        layers=[LAYER | {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "urls": ["https://x"]}],
        unknown={"field": 1},
    )
    assert isinstance(docker, Manifest)


def test_an_index():
    found = parse(
        manifests=[
            {
                "digest": DIGEST,
                "size": 1,
                "platform": {"os": "linux", "architecture": "arm", "variant": "v7", "os.version": "1"},
            }
        ]
    )
    assert isinstance(found, Index)
    assert found.manifests[0].platform_or_unknown() == Platform("linux", "arm", "v7")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"schemaVersion": 1, "fsLayers": [], "signatures": []}, "schema 1"),
        ({"mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws"}, "schema 1"),
        ({}, "not a container image but an artifact"),
        ({"config": CONFIG}, "not a container image"),
        ({"config": CONFIG | {"mediaType": "application/vnd.cncf.helm.config.v1+json"}, "layers": []}, "helm"),
        (
            {
                "config": CONFIG | {"mediaType": "application/vnd.oci.empty.v1+json"},
                "layers": [LAYER],
                "artifactType": "application/x.sig",
            },
            "x.sig",
        ),
        ({"config": CONFIG, "layers": [LAYER | {"mediaType": "application/vnd.in-toto+json"}]}, "attestation"),
        ({"mediaType": "application/vnd.oci.artifact.manifest.v1+json", "blobs": []}, "artifact"),
        ({"config": CONFIG, "layers": [LAYER | {"digest": "md5:1"}]}, "is not a digest"),
        ({"config": CONFIG, "layers": [LAYER | {"digest": "sha256:../../etc"}]}, "is not a digest"),
        ({"manifests": [{"digest": "x"}]}, "is not a digest"),
        ({"config": CONFIG, "layers": [LAYER | {"size": -1}]}, "negative size"),
        ({"config": CONFIG, "layers": "x"}, "cannot be read"),
        ({"config": 1, "layers": []}, "cannot be read"),
        ({"schemaVersion": "two"}, "cannot be read"),
    ],
)
def test_what_is_no_image_is_refused(fields, says):
    with pytest.raises(InputError, match=says):
        parse(**fields)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000, b"null"])
def test_what_is_no_json(content):
    with pytest.raises(InputError, match="cannot be read"):
        parse_manifest("x", content)
    with pytest.raises(InputError, match="cannot be read"):
        parse_config("x", content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "schemaVersion",
                "mediaType",
                "config",
                "layers",
                "manifests",
                "fsLayers",
                "rootfs",
                "history",
                "os",
                "architecture",
            ]
        ),
        json_values | st.just(CONFIG) | st.just([LAYER]),
    )
)
@settings(max_examples=300, deadline=None)
def test_any_document_is_read_or_an_input_error(document):
    content = json.dumps(document).encode()
    for read in (parse_manifest, parse_config):
        try:
            read("x", content)
        except InputError:
            pass


def offer(*names):
    return [
        Descriptor(
            f"sha256:{n:064d}",
            platform=DescribedPlatform(p.architecture, p.os, p.variant or None)
            if (p := parse_platform(name))
            else None,
        )
        for n, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    ("wanted", "offered", "chosen"),
    [
        ("linux/amd64", ["linux/arm64", "linux/amd64"], 1),
        ("linux/arm64", ["linux/amd64", "linux/arm64/v8"], 1),
        ("linux/arm64/v8", ["linux/amd64", "linux/arm64"], 1),
        ("linux/arm", ["linux/arm/v5", "linux/arm/v7", "linux/arm/v6"], 1),
        ("linux/arm/v6", ["linux/arm/v5", "linux/arm/v7", "linux/arm/v6"], 2),
        ("linux/amd64", ["linux/amd64/v3", "linux/amd64"], 1),
        ("windows/amd64", ["linux/amd64", "windows/amd64"], 1),
    ],
)
def test_choice_of_the_platform(wanted, offered, chosen):
    descriptors = offer(*offered)
    assert choose("x", descriptors, parse_platform(wanted)) is descriptors[chosen]


def test_no_fitting_platform_lists_what_there_is():
    with pytest.raises(
        InputError, match=r"^x has no image for linux/s390x. There is: linux/amd64, linux/arm/v7. Choose one"
    ):
        choose("x", offer("linux/arm/v7", "linux/amd64"), parse_platform("linux/s390x"))
    with pytest.raises(InputError, match="It has no image at all"):
        choose("x", [], Platform())


def test_attestations_are_no_images():
    unknown = Descriptor(DIGEST, platform=DescribedPlatform("unknown", "unknown"))
    marked = Descriptor(DIGEST, annotations={"vnd.docker.reference.type": "attestation-manifest"})
    assert is_attestation(unknown)
    assert is_attestation(marked)
    with pytest.raises(InputError, match="no image at all"):
        choose("x", [unknown, marked], Platform())


def test_the_only_entry_without_platform_is_taken():
    assert choose("x", [Descriptor(DIGEST)], Platform()).digest == DIGEST


def test_layers_must_fit_the_config():
    manifest = parse(config=CONFIG, layers=[LAYER, LAYER])
    with pytest.raises(InputError, match="its manifest has 2 layers, its config 1"):
        describe_image(
            "x", DIGEST, manifest, parse_config("x", json.dumps({"rootfs": {"diff_ids": [DIGEST]}}).encode())
        )


def test_a_config_with_all_that_builders_write():
    config = parse_config(
        "x",
        json.dumps(
            {
                "architecture": "arm64",
                "variant": "v8",
                "os": "linux",
                "created": "2026-01-01T00:00:00Z",
                "docker_version": "20",
                "config": {
                    "Env": None,
                    "Cmd": None,
                    "Entrypoint": "sh -c x",
                    "ExposedPorts": {"80/tcp": {}},
                    "Volumes": None,
                    "Labels": None,
                    "OnBuild": None,
                    "Healthcheck": {"Test": ["NONE"]},
                },
                "container_config": {"x": 1},
                "history": None,
                "rootfs": {"type": "layers", "diff_ids": [DIGEST]},
            }
        ).encode(),
    )
    assert config.config.entrypoint == "sh -c x"
    assert config.config.healthcheck.test == ("NONE",)
    assert config.history is None


def test_a_diff_id_that_is_no_digest():
    with pytest.raises(InputError, match="is not a digest"):
        parse_config("x", b'{"rootfs":{"diff_ids":["x"]}}')
