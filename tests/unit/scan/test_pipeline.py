"""The steps of a scan: a real registry and a real platform over TLS, nothing replaced."""

import json

import msgspec
import pytest

from landwaiter.errors import InputError
from landwaiter.images.open import open_source
from landwaiter.images.platform import parse_platform
from landwaiter.inventory.models import LayerFacts
from landwaiter.inventory.take import take_facts
from landwaiter.scan.credentials import job_access
from landwaiter.scan.pipeline import Scan

DPKG = "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.2.13\n\n"
METADATA = "Metadata-Version: 2.1\nName: flask\nVersion: 2.2.2\n"
OS = {"etc/os-release": "ID=debian\nVERSION_ID=12\n", "var/lib/dpkg/status": DPKG}
APP = {"usr/lib/python3/site-packages/flask-2.2.2.dist-info/METADATA": METADATA}


@pytest.fixture
def scan(settings, client):
    said = []

    def run(**changes):
        given = settings(**changes)
        job = Scan(given, client(**changes), job_access(given), say=said.append)
        return job.run(), said

    return run


def test_from_a_reference_to_the_document(platform, registry, image_builder, scan):
    image = image_builder.image(OS, APP)
    digest = registry.push(image_builder, image)
    answer, said = scan()
    assert (answer.state, answer.verdict) == ("assessed", {"status": "pass"})
    assert [line.split(":")[0] for line in said] == [
        "resolve image",
        "ask for known layers",
        "analyse new layers",
        "upload document",
    ]
    steps = [step for body in platform.told("/steps") for step in body]
    assert [(step["step"], step["ok"]) for step in steps] == [(line.split(":")[0], True) for line in said]
    (document,) = platform.documents
    assert (document["scan_id"], document["manifest_digest"], document["pulled_layers"]) == ("s1", digest, 2)
    assert set(platform.facts) == set(image.diff_ids)


def test_known_layers_are_not_pulled(platform, registry, image_builder, scan):
    base, new = image_builder.layer(OS), image_builder.layer(APP)
    registry.push(image_builder, image_builder.image(base), compression="plain")
    scan()
    registry.calls.clear()
    image = image_builder.image(base, new)
    registry.push(image_builder, image, compression="plain")
    scan()
    assert image.diff_ids[0] not in registry.pulled()
    assert image.diff_ids[1] in registry.pulled()
    assert platform.documents[-1]["pulled_layers"] == 1


def test_the_job_finds_what_the_command_line_finds_behind_hard_links(platform, registry, image_builder, scan, tmp_path):
    """ostree and Nix keep files once, under other names, and link to them; the link may come first or last."""
    linked = {
        "ostree/objects/5f.file": METADATA,
        "usr/lib/python3/site-packages/flask-2.2.2.dist-info/METADATA": image_builder.hardlink(
            "ostree/objects/5f.file"
        ),
        "ostree/objects/6a.file": DPKG,
        "var/lib/dpkg/status": image_builder.hardlink("ostree/objects/6a.file"),
    }
    image = image_builder.image(OS | {"var/lib/dpkg/status": ""}, linked)
    registry.push(image_builder, image)
    scan()
    with open_source(f"oci-layout:{image_builder.write_layout(tmp_path / 'layout', image)}") as source:
        expected = take_facts(source)
    found = [msgspec.convert(platform.facts[diff_id], LayerFacts) for diff_id in image.diff_ids]
    assert found == list(expected)
    assert {package.name for facts in found for one in facts.evidence for package in one.packages} >= {
        "flask",
        "zlib1g",
    }


def test_a_layer_that_is_not_what_the_config_claims_leaves_nothing_behind(platform, registry, image_builder, scan):
    """The config of the image claims the diff_id of somebody else's layer for its own content."""
    clean, forged = image_builder.image(OS), image_builder.image(OS | {"var/lib/dpkg/status": ""})
    registry.push(image_builder, type(forged)(forged.layers, clean.config, forged.platform))
    with pytest.raises(InputError, match=f"{clean.diff_ids[0]} is expected") as raised:
        scan()
    assert forged.diff_ids[0] in raised.value.what
    assert "expanded content of Layer sha256:" in raised.value.what
    assert platform.facts == {}
    assert platform.documents == []


@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
def test_every_form_of_a_layer_agrees_with_its_config(platform, registry, image_builder, scan, compression):
    image = image_builder.image(OS, {"big": "x" * 2_000_000}, {})
    registry.push(image_builder, image, compression=compression)
    assert scan()[0].state == "assessed"
    assert set(platform.facts) == set(image.diff_ids)


def test_the_digest_of_the_event_counts_not_what_the_tag_names_now(platform, registry, image_builder, scan):
    started = registry.push(image_builder, image_builder.image(OS))
    registry.push(image_builder, image_builder.image(OS, APP))
    scan(digest=started)
    assert platform.documents[0]["manifest_digest"] == started


def test_a_task_on_arm_gets_the_image_for_arm(platform, registry, image_builder, scan):
    images = {one: image_builder.image(OS, {"arch": one}, architecture=one) for one in ("amd64", "arm64")}
    index = registry.push(image_builder, images, index=True, attestation=True)
    scan(digest=index, image_platform=parse_platform("linux/arm64"))
    (document,) = platform.documents
    assert document["image"]["platform"]["architecture"] == "arm64"
    assert document["image"]["index_digest"] == index
    assert [layer["diff_id"] for layer in document["image"]["layers"]] == images["arm64"].diff_ids


def test_facts_that_the_platform_lost_are_handed_in_again(platform, registry, image_builder, scan):
    image = image_builder.image(OS, APP)
    registry.push(image_builder, image)
    platform.script.append(("/document", 409, {"missing": image.diff_ids[:1]}))
    assert scan()[0].state == "assessed"
    assert [call.path for call in platform.calls if image.diff_ids[0] in call.path and call.method == "PUT"] == [
        f"/api/v1/sensor/layers/{image.diff_ids[0]}"
    ] * 2


def test_a_document_that_is_not_taken_is_a_failure(platform, registry, image_builder, scan):
    image = image_builder.image(OS)
    registry.push(image_builder, image)
    platform.script.extend([("/document", 409, {"missing": image.diff_ids})] * 2)
    with pytest.raises(InputError, match="did not take the scan document"):
        scan()
    assert platform.told("/steps")[-1][0] == {**platform.told("/steps")[-1][0], "step": "upload document", "ok": False}


def test_a_failed_step_is_told(platform, registry, scan):
    with pytest.raises(InputError, match="does not exist"):
        scan(image=f"{registry.host}/nothing:1")
    ((step,),) = platform.told("/steps")
    assert (step["step"], step["ok"]) == ("resolve image", False)


def test_a_layer_that_is_no_tar_fails_the_scan(platform, registry, image_builder, scan):
    registry.push(image_builder, image_builder.image(b"\x1f\x8b no gzip at all" * 100), compression="plain")
    with pytest.raises(InputError, match="Layer"):
        scan()
    assert platform.facts == {}
    assert json.dumps(platform.told("/document")) == "[]"
