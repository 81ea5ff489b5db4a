"""Every page with what an image of a stranger may carry, and with what is not known."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from landwaiter.images.models import HistoryEntry, ImageConfig
from landwaiter.inventory.models import Evidence, LayerFacts, PackageFact
from landwaiter.matching.assessed import THIN

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "rtl\u202egnp.exe\x1b[31m\x07",
    "x" * 3000,
)
ELEMENTS = {
    "html", "head", "meta", "title", "link", "script", "body", "a", "header", "div", "nav", "form", "input", "span",
    "button", "main", "footer", "h1", "h2", "p", "b", "ul", "li", "section", "strong", "table", "thead", "tbody", "tr",
    "th", "td", "details", "summary", "code", "svg", "rect", "text", "i", "img", "label", "select", "option", "dl", "dt",
    "dd", "time",
}  # fmt: skip


class Page(HTMLParser):
    """Reads a page and fails on any element or attribute that is none of ours."""

    def __init__(self, answer: Any, status: int = 200) -> None:
        super().__init__()
        assert answer.status_code == status, answer.text[:2000]
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        self.text, self.links, self.html = "", [], answer.text
        self.feed(answer.text)
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ELEMENTS, tag
        self.text += " "
        values = dict(attrs)
        assert not {name for name in values if name.startswith("on") or name == "style"}, attrs
        if tag in {"script", "img", "link"}:
            assert (values.get("src") or values.get("href") or "").startswith("/static/"), attrs
        if tag == "a":
            assert re.match(r"[/?#]", values["href"] or ""), attrs
            self.links.append(values["href"])

    def handle_data(self, data: str) -> None:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", data), repr(data[:200])
        self.text += data


def hostile_record(osv: dict[str, Any]) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": "jinja2"}
    affected = [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]
    return {**osv, "id": "GHSA-zzzz-0000-0002", "aliases": [], "summary": " ".join(HOSTILE), "affected": affected}


def hostile_image(house: ModuleType) -> Any:
    packages = tuple(PackageFact("npm", name[:200], name[:100], licenses=(name[:50],)) for name in HOSTILE)
    evidence = tuple(
        Evidence(path=f"srv/{name[:200]}/package.json", analyser="npm", packages=(package,))
        for name, package in zip(HOSTILE, packages, strict=True)
    )
    facts = LayerFacts(diff_id=house.digest("hostile"), evidence=evidence, entries=9, size=9)
    history = tuple(HistoryEntry(created_by=text) for text in HOSTILE[1:3])
    config = ImageConfig(history=history)
    return house.SampleImage(
        "registry.example/shop/web:1.0", (house.python_layer("jinja2", "2.0"), facts), None, config
    )


@pytest.fixture
def hostile(house: ModuleType, sensor: Any, advisories: Callable[..., Path]) -> Any:
    advisories(house.OSV, hostile_record(house.OSV))
    image = hostile_image(house)
    changes = {"group": HOSTILE[0], "task_definition_arn": f"arn:aws:ecs:x:123456789012:task-definition/{HOSTILE[1]}"}
    (answer,) = sensor.report(
        sensor.task(
            containers=[
                {"name": HOSTILE[1], "image": image.reference, "image_digest": image.digest, "last_status": "RUNNING",
                 "runtime_id": "1"}
            ],
            **changes,
        )
    )["images"]  # fmt: skip
    step = {"step": HOSTILE[0], "started": "2026-01-01T00:00:00Z", "milliseconds": 5, "detail": HOSTILE[1], "ok": False}
    sensor.http.post(f"/api/v1/sensor/scans/{answer['scan_id']}/steps", json=[step])
    sensor.scan(image, answer["scan_id"])
    return image, answer["scan_id"]


def test_what_strangers_wrote_is_shown_as_text_on_every_page(browser: TestClient, hostile: Any, sensor: Any) -> None:
    image, scan_id = hostile
    task = quote(sensor.task()["task_arn"])
    pages = {
        path: Page(browser.get(path))
        for path in (
            "/", "/running", f"/tasks/{task}", "/images", f"/images/{image.digest}", f"/images/{image.digest}/packages",
            "/vulnerabilities", "/vulnerabilities/CVE-2099-0001", "/vulnerabilities/GHSA-zzzz-0000-0002", "/scans",
            f"/scans/{scan_id}", "/first", "/gaps", "/sensors",
        )
    }  # fmt: skip
    assert HOSTILE[0] in pages[f"/images/{image.digest}/packages"].text
    assert HOSTILE[1] in pages[f"/images/{image.digest}"].text
    assert HOSTILE[0] in pages["/vulnerabilities"].text
    assert HOSTILE[0] in pages["/running"].text
    assert HOSTILE[1] in pages[f"/scans/{scan_id}"].text
    assert "49" not in pages["/vulnerabilities/GHSA-zzzz-0000-0002"].text
    for page in pages.values():
        for link in page.links:
            if link.startswith("/"):
                assert browser.get(link).status_code in {200, 303}, link


def test_what_is_typed_into_a_filter_comes_back_as_text(
    browser: TestClient, sensor: Any, sample: Any, advisories: Callable[..., Path]
) -> None:
    advisories()
    sensor.run(sample)
    image = f"/images/{sample.digest}"
    forms = [("/running", "image"), ("/images", "text"), ("/vulnerabilities", "text"), (image, "text")]
    for path, name in [*forms, (f"{image}/packages", "text"), (f"{image}/packages", "kind")]:
        for text in HOSTILE[:5]:
            Page(browser.get(path, params={name: text}))


def test_filters_work_on_the_server(
    browser: TestClient, sensor: Any, sample: Any, house: ModuleType, advisories: Callable[..., Path]
) -> None:
    advisories()
    sensor.run(sample)
    sensor.run(house.SampleImage("registry.example/shop/other:2.0", (house.python_layer("flask", "9"),)), "2")

    def text(path: str) -> str:
        return Page(browser.get(path)).text

    assert "web:1.0" in text("/images?text=shop/web")
    assert "other:2.0" not in text("/images?text=shop/web")
    assert "web:1.0" in text("/images?verdict=fail&running=true")
    assert "No image matches." in text("/images?text=nothing")
    assert "CVE-2099-0001" in text("/vulnerabilities?severity=critical&running=true")
    assert "No open finding matches." in text("/vulnerabilities?kev=true")
    assert "No task matches." in text("/running?state=stopped")
    assert "No scan is in this state." in text("/scans?state=failed")
    assert "1 of 1 shown" in text(f"/images/{sample.digest}?text=jinja2 critical")
    for query in ("text=absent", "severity=low", "only=kev"):
        page = text(f"/images/{sample.digest}?{query}")
        assert "No finding matches." in page
        assert "0 of 1 shown" in page
    assert "No package matches." in text(f"/images/{sample.digest}/packages?kind=deb")


def test_the_image_page_says_what_to_do_first(
    browser: TestClient, sensor: Any, sample: Any, advisories: Callable[..., Path]
) -> None:
    advisories()
    sensor.run(sample)
    page = Page(browser.get(f"/images/{sample.digest}"))
    assert re.search(r"What to do first .*jinja2 .*2\.0 → 3\.1\.6 .*1 critical", page.text)
    assert "critical finding" in page.text


@pytest.mark.parametrize("bundle", ["absent", "unreadable"])
def test_an_image_that_is_not_assessed_says_why_and_never_looks_clean(
    browser: TestClient, sensor: Any, sample: Any, settings: Any, bundle: str
) -> None:
    if bundle == "unreadable":
        settings.bundle_folder.mkdir(parents=True)
        (settings.bundle_folder / "bad.sqlite").write_bytes(b"not a bundle")
    sensor.run(sample)
    image = Page(browser.get(f"/images/{sample.digest}")).text
    assert "not assessed" in image.lower()
    assert "bundle" in image
    assert "not assessed is not the same as clean" in image
    assert "because this image is not assessed" in image
    for path in (f"/images/{sample.digest}", "/images", "/running", "/"):
        page = Page(browser.get(path))
        assert "No known vulnerability" not in page.text, path
        assert "none open" not in page.text, path
        assert 'class="chip assessed"' not in page.html, path
        assert not re.search(r"\b0 (critical|findings)", page.text), path
    assert "not known" in Page(browser.get("/running")).text
    assert "1 of 1 running container is not assessed." in Page(browser.get("/")).text


def test_an_image_of_an_unknown_system_says_so(
    browser: TestClient, sensor: Any, house: ModuleType, advisories: Callable[..., Path]
) -> None:
    advisories()
    image = house.SampleImage("registry.example/odd:1", (house.debian_layer(("zlib1g", "1:1.2.13")),))
    sensor.run(image)
    page = Page(browser.get(f"/images/{image.digest}")).text
    assert "Not assessed" in page or "not assessed" in page
    assert "No known vulnerability" not in page


def test_only_an_image_that_is_assessed_in_full_is_called_clean(
    browser: TestClient, sensor: Any, house: ModuleType, advisories: Callable[..., Path]
) -> None:
    image = house.SampleImage("registry.example/good:1", (house.python_layer("jinja2", "3.1.6"),))
    few = [{**house.OSV, "id": f"GHSA-zzzz-0001-{number:04}", "aliases": []} for number in range(3)]
    enough = [{**house.OSV, "id": f"GHSA-zzzz-0003-{number:04}", "aliases": []} for number in range(THIN)]
    recent = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    advisories(*({**record, "modified": recent} for record in few))
    sensor.run(image)
    thin = Page(browser.get(f"/images/{image.digest}")).text
    assert "Not fully assessed" in thin or "Not assessed" in thin
    assert "No known vulnerability" not in thin
    advisories(*({**record, "modified": recent} for record in enough))
    other = house.SampleImage("registry.example/good:2", (house.python_layer("jinja2", "3.1.6"),))
    assert sensor.run(other, "2")["verdict"]["status"] == "pass"
    full = Page(browser.get(f"/images/{other.digest}")).text
    assert "No known vulnerability in 1 package." in full
    assert "ot fully assessed" not in full


def test_a_failed_scan_tells_what_and_what_to_do_wherever_one_looks(
    browser: TestClient, sensor: Any, sample: Any
) -> None:
    task = sensor.task(image_digest=sample.digest)
    (image,) = sensor.report(task)["images"]
    failure = {"kind": "unreadable", "what": "Layer 2 is truncated.", "remedy": "Push the image again."}
    path = f"/api/v1/sensor/scans/{image['scan_id']}/failure"
    assert sensor.http.post(path, json=failure).status_code == 204
    for path in (f"/scans/{image['scan_id']}", f"/tasks/{quote(task['task_arn'])}", "/running", "/gaps"):
        page = Page(browser.get(path)).text
        assert "Layer 2 is truncated." in page, path
        assert "Push the image again." in page, path
        assert "none open" not in page, path
    assert "Layer 2 is truncated." in Page(browser.get("/scans?state=failed")).text
    to_scan = browser.get(f"/images/{sample.digest}")
    assert (to_scan.status_code, to_scan.headers["location"]) == (303, f"/scans/{image['scan_id']}")


def test_a_scan_under_way_is_not_taken_for_an_assessment(browser: TestClient, sensor: Any, sample: Any) -> None:
    (image,) = sensor.report(sensor.task(image_digest=sample.digest))["images"]
    assert "Not assessed yet." in Page(browser.get(f"/scans/{image['scan_id']}")).text
    running = Page(browser.get("/running")).text
    assert "a build is being started" in running
    assert "not known" in running


def test_what_is_not_there_is_a_page_that_leads_back(browser: TestClient) -> None:
    for path in (
        "/nothing", "/images/sha256:00", "/images/sha256:00/packages", "/vulnerabilities/CVE-1", "/scans/x",
        "/tasks/arn:aws:ecs:x", "/static/%2e%2e/app.py", "/static/absent.css",
    ):  # fmt: skip
        page = Page(browser.get(path), 404)
        assert "/" in page.links
        assert "/running" in page.links, "the way to the other pages stays"


def test_bad_addresses_get_an_explanation(browser: TestClient) -> None:
    for path in (
        "/running?state=odd", "/images?running=perhaps", "/vulnerabilities?severity=odd", "/scans?state=odd",
        "/scans?cursor=odd", "/images?cursor=odd", "/vulnerabilities?cursor=odd", "/running?cursor=odd",
        "/images?text=a%00b", "/images/a%00b", "/images/sha256:00?start=-1", "/images/sha256:00?severity=odd",
        "/images?text=" + "x" * 600,
    ):  # fmt: skip
        Page(browser.get(path), 400)


def test_an_empty_platform_has_pages_that_say_so(browser: TestClient) -> None:
    said = {
        "/": "No task runs.", "/running": "No task matches.", "/images": "No image has been scanned yet.",
        "/vulnerabilities": "No finding is open.", "/scans": "No scan yet.",
        "/first": "No critical or known exploited finding", "/gaps": "Every running image has been scanned.",
        "/sensors": "No sensor has called yet.",
    }  # fmt: skip
    for path, text in said.items():
        assert text in Page(browser.get(path)).text


def test_thousands_of_packages_and_findings_stay_readable(
    browser: TestClient, sensor: Any, house: ModuleType, advisories: Callable[..., Path]
) -> None:
    records = [{**house.OSV, "id": f"GHSA-zzzz-0002-{number:04}", "aliases": []} for number in range(600)]
    advisories(*records)
    packages = tuple(PackageFact("npm", f"package-{number}", "1.0.0") for number in range(5000))
    facts = LayerFacts(
        diff_id=house.digest("many"),
        evidence=(Evidence(path="srv/package-lock.json", analyser="npm", packages=packages),),
        entries=5000,
        size=1,
    )
    image = house.SampleImage("registry.example/many:1", (house.python_layer("jinja2", "2.0"), facts))
    sensor.run(image)
    page = browser.get(f"/images/{image.digest}")
    assert len(page.text) < 1_500_000
    assert "1 to 250 of 600" in Page(page).text
    last = Page(browser.get(f"/images/{image.digest}?start=500")).text
    assert "501 to 600 of 600" in last
    listed = Page(browser.get(f"/images/{image.digest}/packages"))
    assert "1 to 250 of 5001" in listed.text
    found = Page(browser.get(f"/images/{image.digest}/packages?text=package-4999&kind=npm")).text
    assert "1 package " in found
    assert "package-4999" in found
