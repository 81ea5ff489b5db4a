"""The way of a person through the console, in a real browser, with and without JavaScript."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of this file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def shop(sensor: Any, sample: Any, house: Any, advisories: Callable[..., Path]) -> Any:
    """A task that runs, with two vulnerable packages in an image that is assessed."""
    flask = {"package": {"ecosystem": "PyPI", "name": "flask"}, "ranges": house.OSV["affected"][0]["ranges"]}
    second = {**house.OSV, "id": "GHSA-zzzz-0000-0009", "aliases": ["CVE-2099-0009"], "affected": [flask]}
    advisories(house.OSV, second)
    image = house.SampleImage(sample.reference, (*sample.layers, house.python_layer("flask", "2.0")))
    sensor.run(image)
    return image


def signed_in(context: BrowserContext, address: str, complaints: list[str]) -> Page:
    page = context.new_page()
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/running")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Running tasks", timeout=30_000)
    return page


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [1400, 390])
def test_from_the_overview_to_a_vulnerability(
    chromium: Browser, address: str, shop: Any, width: int, *, scripts: bool
) -> None:
    complaints: list[str] = []
    context = chromium.new_context(java_script_enabled=scripts, viewport={"width": width, "height": 900})
    page = signed_in(context, address, complaints)
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text("Most severe, and running")).to_be_visible()
    page.get_by_role("link", name="Running", exact=True).click()
    page.get_by_role("link", name="shop/web:1.0").click()
    expect(page.get_by_role("heading", name="What to do first")).to_be_visible()
    rows = page.locator("#findings-table tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_label("Find").fill("flask")
    if not scripts:
        page.get_by_label("Find").press("Enter")
    expect(rows.locator("visible=true").get_by_role("link", name="CVE-2099-0009")).to_be_visible()
    expect(page.get_by_text("1 of 2 shown")).to_be_visible()
    expect(rows.locator("visible=true").get_by_role("link", name="CVE-2099-0001")).to_have_count(0)
    page.locator("#findings-table").get_by_role("link", name="CVE-2099-0009").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("CVE-2099-0009")
    expect(page.get_by_role("link", name="shop/web:1.0").first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert complaints == []
    context.close()


def test_no_page_is_wider_than_its_window(chromium: Browser, address: str, shop: Any, sensor: Any) -> None:
    complaints: list[str] = []
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    page = signed_in(context, address, complaints)
    task = sensor.task()["task_arn"]
    paths = ["/", "/running", "/images", f"/images/{shop.digest}", f"/images/{shop.digest}/packages", "/scans"]
    operators = ["/first", "/gaps", "/sensors"]
    for path in [*paths, *operators, "/vulnerabilities", "/vulnerabilities/CVE-2099-0001", f"/tasks/{task}"]:
        page.goto(address + path)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, path
    assert complaints == []
    context.close()


def test_the_content_security_policy_holds_in_the_browser(chromium: Browser, address: str, shop: Any) -> None:
    complaints: list[str] = []
    context = chromium.new_context()
    page = signed_in(context, address, complaints)
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=`owned`\"><b style=color:red>')"
    )
    page.wait_for_timeout(300)
    assert page.title() != "owned"
    assert any("Content Security Policy" in text for text in complaints)
    context.close()


def test_a_page_keeps_itself_current_but_not_under_somebodys_hands(
    chromium: Browser, address: str, shop: Any, sensor: Any, sample: Any
) -> None:
    complaints: list[str] = []
    context = chromium.new_context()
    page = signed_in(context, address, complaints)
    page.clock.install()
    page.reload()
    page.get_by_label("Cluster").focus()
    sensor.report(sensor.task("2", image=shop.reference, image_digest=shop.digest))
    page.clock.run_for(30_000)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_label("Cluster").blur()
    with page.expect_response("**/running"):
        page.clock.run_for(30_000)
    expect(page.locator("tbody tr")).to_have_count(2)
    assert complaints == []
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_operator_goes_from_page_to_page_and_finds_what_to_do(
    chromium: Browser, address: str, shop: Any, sensor: Any, *, scripts: bool
) -> None:
    complaints: list[str] = []
    (image,) = sensor.report(sensor.task("9", image="registry.example/shop/broken:1"))["images"]
    failure = {"kind": "unreachable", "what": "The registry did not answer.", "remedy": "Open the route to it."}
    sensor.http.post(f"/api/v1/sensor/scans/{image['scan_id']}/failure", json=failure)
    context = chromium.new_context(java_script_enabled=scripts)
    page = signed_in(context, address, complaints)
    page.get_by_label("Service or group").fill("web")
    page.get_by_label("Service or group").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="What to do first", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="jinja2")).to_contain_text("3.1.6")
    page.get_by_role("navigation").get_by_role("link", name="Not assessed", exact=True).click()
    row = page.get_by_role("row").filter(has_text="shop/broken:1")
    expect(row).to_contain_text("The registry did not answer.")
    expect(row).to_contain_text("Open the route to it.")
    page.get_by_role("link", name="Sensors", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="123456789012")).to_contain_text("calls")
    expect(page.get_by_role("contentinfo")).to_contain_text("Advisory data of")
    assert complaints == []
    context.close()
