"""The benchmark images, against the packages that are really in them. Where they were built: see benchmarks/inputs.py."""

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
IMAGES = Path(os.environ.get("LANDWAITER_BENCH", ROOT / "var" / "bench")) / "images"


@pytest.fixture(params=["A", "B"])
def image(request: pytest.FixtureRequest) -> str:
    if not (IMAGES / f"{request.param}.expected.json").exists():
        pytest.skip("the benchmark images are not built (make bench builds them)")
    return str(request.param)


def listed(inventory, kind):
    return {f"{one.name}={one.version}".lower() for one in inventory.packages if one.type == kind and not one.owned_by}


@pytest.mark.parametrize(
    "form", ["oci-layout:{0}/oci/{1}", "oci-archive:{0}/{1}.oci.tar", "docker-archive:{0}/{1}.docker.tar"]
)
def test_every_package_and_none_invented(take, image, form):
    expected = json.loads((IMAGES / f"{image}.expected.json").read_text())
    inventory = take(form.format(IMAGES, image))
    assert inventory.coverage.complete
    assert listed(inventory, "deb") == set(expected["deb"])
    if image == "A":
        return
    assert listed(inventory, "npm") == {entry.lower() for entry in expected["npm"]}
    # The list has what lies in the site folder itself; packages that others carry within them are there too.
    vendored = {
        f"{one.name}={one.version}".lower()
        for one in inventory.packages
        if one.type == "pypi" and all("/_vendor/" in location.path for location in one.locations)
    }
    assert listed(inventory, "pypi") - vendored == {entry.lower() for entry in expected["pypi"]}
    every = {f"{one.name}={one.version}".lower() for one in inventory.packages}
    assert not every & {entry.lower() for entry in expected["absent"]}
