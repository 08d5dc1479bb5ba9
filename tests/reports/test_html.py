"""The audit report in a browser: it opens offline, sorts, filters, links, and everybody can use it."""

from __future__ import annotations

import time

import boms
import pages
import pytest
from conftest import ROOT, missing, tool

from sbomctl.model import Bom

SHOTS = ROOT / "test-output" / "audit"
PAINTED = """(hash) => new Promise((done) => {
  location.hash = hash;
  setTimeout(() => requestAnimationFrame(done));
})"""
FLUID = (
    ("table", "#components"),
    ("sort", "#components?sort=-license"),
    ("first search", "#components?q=part%202003"),
    ("search", "#components?q=package0300"),
)
KNOWN_OF_CURL = (
    "deleted",
    "RUN apt-get install curl",
    "RUN apt-get purge -y curl",
    "/usr/share/doc/curl/copyright:20\u201322",
    "87 % of the text",
    "left out: packaging only",
    "license-texts",
    "two texts in one file",
)


@pytest.fixture(scope="module")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=tool("chromium"), args=["--no-sandbox"])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The reports to look at, by name."""
    folder = tmp_path_factory.mktemp("reports")
    bom, result = pages.edge()
    large = pages.large(5000)
    texts = {
        "edge": pages.page(bom, result),
        "rich": pages.page(boms.rich_bom()),
        "hostile": pages.page(pages.hostile(), pages.judged(pages.hostile())),
        "many": pages.page(boms.big_bom(400)),
        "large": pages.page(large, pages.judged(large, "copyleft-ok")),
        "empty": pages.page(Bom(bom.product)),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture
def opened(browser, files):
    """Opens a report without network; the test fails for an error in the console or a request."""
    contexts, faults = [], []

    def visit(name, fragment="", **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        own = files[name].as_uri()
        page.on("request", lambda request: request.url.partition("#")[0] == own or faults.append(request.url))
        page.goto(own + fragment)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert faults == []


def names(page) -> list[str]:
    return page.locator("#rows th").all_text_contents()


@pytest.mark.parametrize("name", ["edge", "rich", "hostile", "many", "large", "empty"])
def test_every_page_opens_offline_without_a_fault(opened, name):
    page = opened(name)
    for link in page.locator(".side a").all():
        link.click()
        assert page.locator(".view.open").count() == 1
        assert page.locator(".view.open h2").first.is_visible()


def test_headings_sort_and_say_so(opened):
    page = opened("many", "#components")
    heading = page.get_by_role("columnheader", name="Component")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert names(page)[:2] == ["package00000", "package00001"]
    heading.get_by_role("button").click()
    assert page.get_by_role("columnheader", name="Component").get_attribute("aria-sort") == "descending"
    assert names(page)[0] == "package00299"
    assert page.url.endswith("#components?sort=-name")


def test_filters_are_in_the_address(opened):
    page = opened("many", "#components")
    page.locator("select[name=license]").select_option("MPL-2.0")
    page.wait_for_url("**#components?license=MPL-2.0")
    assert page.locator("#matches").text_content() == "60 components"
    page.locator("select[name=image]").select_option("one")
    page.locator("select[name=state]").select_option("visible")
    page.wait_for_url("**state=visible")
    assert page.locator("#matches").text_content() == "40 components"
    again = opened("many", "#" + page.url.partition("#")[2])
    assert again.locator("#matches").text_content() == "40 components"
    assert again.locator("select[name=license]").input_value() == "MPL-2.0"
    page.get_by_role("button", name="Clear filters").click()
    assert page.locator("#matches").text_content() == "300 components, 1 to 100 shown"


def test_layers_and_verdicts_filter(opened):
    page = opened("edge", "#components?verdict=deny")
    assert set(page.locator("#rows [data-label=Verdict]").all_text_contents()) == {"deny"}
    page = opened("rich", "#components?image=dashboard&layer=1")
    assert names(page) == ["curl"]
    page = opened("rich", "#components?state=hidden")
    assert names(page) == ["curl"]


@pytest.mark.parametrize(("query", "found"), [
    ("zlib", ["zlib1g"]),
    ("Gailly", ["zlib1g"]),  # a copyright statement
    ("strange deleted", []),
    ("do STRANGE", ["curl"]),  # words of a statement
    ("<team+curl", ["curl"]),
])  # fmt: skip
def test_search_reads_everything(opened, query, found):
    page = opened("rich", "#components")
    page.get_by_role("searchbox").fill(query)
    page.wait_for_url("**q=*")
    assert names(page) == found


def test_pages_of_the_table_turn(opened):
    page = opened("many", "#components")
    page.get_by_role("button", name="Next").click()
    assert names(page)[0] == "package00100"
    assert page.url.endswith("#components?page=2")
    assert page.get_by_text("Page 2 of 3").is_visible()


def test_a_component_shows_how_everything_is_known(opened):
    page = opened("rich", "#components?image=dashboard")
    page.get_by_role("link", name="curl").click()
    view = page.locator("#component")
    assert page.evaluate("document.activeElement.id") == "component-title"
    for told in KNOWN_OF_CURL:
        assert told in view.text_content()
    view.get_by_role("link", name="text as shipped").click()
    assert page.locator("#texts pre", has_text="Do strange things.").is_visible()
    page.go_back()
    page.get_by_role("link", name="← Components").click()
    assert page.url.endswith("#components?image=dashboard")


def test_findings_open_where_a_link_points(opened):
    page = opened("edge", "#components?q=bash")
    page.locator("#rows a").first.click()
    page.locator("#component").get_by_role("link", name="denied-license").first.click()
    group = page.locator("details.group[open]")
    assert group.count() == 1 and "How to fix." in group.text_content()
    page = opened("edge", "#waivers")
    assert "in 11 days" in page.locator("#waivers").text_content()


def test_the_keyboard_is_enough(opened):
    page = opened("many")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator(".side a", has_text="Components").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "components-title"
    page.get_by_role("button", name="Version").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Version"
    page.keyboard.press("Enter")
    assert page.get_by_role("columnheader", name="Version").get_attribute("aria-sort") == "descending"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("edge", 1280), ("rich", 390)])
def test_axe_finds_no_serious_fault(opened, scheme, name, width):
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("axe-playwright-python is not installed")
    page = opened(name, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    component = page.evaluate("JSON.parse(document.getElementById('table-data').textContent).rows[0][0]")
    views = [link.get_attribute("href") for link in page.locator(".side a").all()]
    found = []
    for view in (*views, f"#component/{component}"):
        page.evaluate("(hash) => { location.hash = hash; }", view)
        page.wait_for_timeout(50)
        page.evaluate("document.querySelectorAll('.view.open details').forEach((each) => { each.open = true; })")
        faults = Axe().run(page).response["violations"]
        found += [
            (view, one["id"], one["nodes"][0]["html"][:200])
            for one in faults
            if one["impact"] in ("serious", "critical")
        ]
    assert found == []


@pytest.mark.parametrize("name", ["rich", "hostile", "many"])
def test_without_javascript_the_tables_are_there(opened, name):
    page = opened(name, java_script_enabled=False)
    for view in ("overview", "findings", "components", "images", "sources", "unknowns", "texts"):
        assert page.locator(f"#{view} h2").first.is_visible()
    rows = page.locator("#components noscript table").first.locator("tbody tr")
    assert rows.count() == {"rich": 4, "hostile": 5, "many": 400}[name]
    assert rows.first.is_visible()


def test_hostile_names_stay_text(opened):
    page = opened("hostile", "#components")
    assert set(names(page)) == {
        "<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>", "</noscript><b>", r"rtl\u202egnp.exe",
        r"bell\x07\x1b[31m",
    }  # fmt: skip
    page.locator("#rows a").first.click()
    assert page.locator("#component img, #component b, #component script").count() == 0
    assert page.locator("#component a[href^=javascript]").count() == 0
    page.goto(page.url.partition("#")[0] + "#texts")
    assert page.locator("#texts img").count() == 0


def test_addresses_that_mean_nothing_show_the_overview(opened):
    for fragment in ("#nothing", "#component/none", "#main", "#rows", "#%ff", "#components?page=99&sort=x&image=none"):
        page = opened("many", fragment)
        assert page.locator(".view.open").count() == 1


def test_on_paper_all_rows_are_there(opened, tmp_path):
    page = opened("many")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#rows tr").count() == 300
    assert page.locator("#images").is_visible() and page.locator("#components").is_visible()
    assert not page.locator(".side").is_visible() and not page.locator("#texts").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#rows tr").count() == 100


def test_five_thousand_components_stay_fluid(opened, files, capsys):
    page = opened("large")
    ready = page.evaluate("Number(document.documentElement.dataset.ready)")
    steps = {}
    for label, hash_ in FLUID:
        began = time.perf_counter()
        page.evaluate(PAINTED, hash_)
        steps[label] = time.perf_counter() - began
    size = files["large"].stat().st_size
    told = ", ".join(f"{label} {1000 * took:.0f} ms" for label, took in steps.items())
    with capsys.disabled():
        print(f"\n5,000 components: {size / 1e6:.1f} MB, ready after {ready} ms; {told}")
    assert size < 15_000_000
    assert page.locator("#matches").text_content() == "10 components"


@pytest.mark.parametrize(("shot", "name", "fragment", "options"), [
    ("light", "edge", "", {}),
    ("dark", "edge", "#components", {"color_scheme": "dark"}),
    ("phone", "rich", "#components", {"viewport": {"width": 390, "height": 844}}),
    ("component", "rich", "#components?q=curl", {}),
])  # fmt: skip
def test_screenshots_for_people(opened, shot, name, fragment, options):
    page = opened(name, fragment, **options)
    if shot == "component":
        page.locator("#rows a").first.click()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{shot}.png", full_page=True)
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], "nothing sticks out"
