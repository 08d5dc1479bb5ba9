"""The audit report in a browser: it opens offline, sorts, filters, links, and everybody can use it."""

from __future__ import annotations

import re
import subprocess
import time

import boms
import pages
import pytest
from conftest import ROOT, missing, tool

from sbomctl.model import Bom
from sbomctl.reports.summary import SummaryHtml

SHOTS = ROOT / "test-output" / "audit"
PAINTED = """(hash) => new Promise((done) => {
  if (location.hash === hash) { done(); return; }
  addEventListener("hashchange", () => requestAnimationFrame(done), { once: true });
  location.hash = hash;
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
        "wide": pages.page(*pages.wide()),
        "summary": pages.page(*pages.wide(), SummaryHtml()),
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


def until(found):
    """What is asked of ``found``, a page or a part of it, once it holds: a browser follows a link in its own time."""
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    return expect(found)


def names(page):
    return page.locator("#rows th")


def focus(page):
    return page.locator(":focus")


@pytest.mark.parametrize("name", ["edge", "rich", "hostile", "many", "large", "empty"])
def test_every_page_opens_offline_without_a_fault(opened, name):
    page = opened(name)
    for link in page.locator(".side a").all():
        link.click()
        until(page.locator(f".view.open{link.get_attribute('href')}")).to_be_visible()
        until(page.locator(".view.open")).to_have_count(1)
        until(page.locator(".view.open h2").first).to_be_visible()


def test_headings_sort_and_say_so(opened):
    page = opened("many", "#components")
    heading = page.get_by_role("columnheader", name="Component")
    until(heading).to_have_attribute("aria-sort", "ascending")
    until(names(page).nth(0)).to_have_text("package00000")
    until(names(page).nth(1)).to_have_text("package00001")
    heading.get_by_role("button").click()
    until(heading).to_have_attribute("aria-sort", "descending")
    until(names(page).nth(0)).to_have_text("package00299")
    page.wait_for_url("**#components?sort=-name")


def test_filters_are_in_the_address(opened):
    page = opened("many", "#components")
    page.locator("select[name=license]").select_option("MPL-2.0")
    page.wait_for_url("**#components?license=MPL-2.0")
    until(page.locator("#matches")).to_have_text("60 components")
    page.locator("select[name=image]").select_option("one")
    page.locator("select[name=state]").select_option("visible")
    page.wait_for_url("**state=visible")
    until(page.locator("#matches")).to_have_text("40 components")
    again = opened("many", "#" + page.url.partition("#")[2])
    until(again.locator("#matches")).to_have_text("40 components")
    until(again.locator("select[name=license]")).to_have_value("MPL-2.0")
    page.get_by_role("button", name="Clear filters").click()
    until(page.locator("#matches")).to_have_text("300 components, 1 to 100 shown")


@pytest.mark.parametrize("width", [1000, 1300, 1600])
def test_the_tables_of_the_summary_are_whole(opened, width):
    page = opened("summary", viewport={"width": width, "height": 900})
    tables = page.locator(".wide")
    assert tables.count() == 5
    assert tables.evaluate_all("(all) => all.map((one) => one.scrollWidth - one.clientWidth)") == [0] * 5


# As by somebody who is quicker than the table: all within one turn of the browser, then until its delay is over.
CHOOSE = """([values, link]) => {
  const { elements } = document.getElementById("filters");
  for (const [name, value] of Object.entries(values)) {
    elements[name].value = value;
    elements[name].dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (link) document.querySelector(link).click();
  return new Promise((done) => { setTimeout(done, 200); });
}"""


def test_filters_that_are_chosen_at_once_all_count(opened):
    page = opened("many", "#components")
    page.evaluate(CHOOSE, [{"q": "package", "license": "MPL-2.0", "image": "one"}, ""])
    page.wait_for_url("**#components?q=package&license=MPL-2.0&image=one")
    until(page.locator("#matches")).to_have_text("40 components")


@pytest.mark.parametrize(("link", "opens", "address"), [
    (".side a[href='#licenses']", "licenses", "#licenses"),
    ("#rows tr:nth-child(2) a", "component", "#component/*"),
    ("#headings th:nth-child(2) button", "components", "#components?q=package0000&sort=version"),
])  # fmt: skip
def test_what_is_followed_while_the_table_waits_is_followed(opened, link, opens, address):
    page = opened("many", "#components")
    page.evaluate(CHOOSE, [{"q": "package0000"}, link])
    page.wait_for_url(f"**{address}")
    until(page.locator(".view.open")).to_have_id(opens)
    if opens != "components":
        page.go_back()
    until(page.locator("#matches")).to_have_text("10 components")
    until(page.get_by_role("searchbox")).to_have_value("package0000")


def test_enter_searches_at_once(opened):
    page = opened("many", "#components")
    page.evaluate("""() => {
      const filters = document.getElementById("filters");
      filters.elements.q.value = "package0000";
      filters.elements.q.dispatchEvent(new Event("input", { bubbles: true }));
      filters.requestSubmit();
      window.told = document.getElementById("matches").textContent;
    }""")
    assert page.evaluate("told") == "10 components"


def test_the_way_back_leads_to_what_was_searched(opened):
    page = opened("many", "#components")
    page.get_by_role("searchbox").fill("package0000")
    until(page.locator("#matches")).to_have_text("10 components")
    page.locator("#rows a").first.click()
    page.get_by_role("link", name="\u2190 Components").click()
    page.wait_for_url("**#components?q=package0000")
    until(page.locator("#matches")).to_have_text("10 components")
    page.get_by_role("searchbox").focus()
    page.evaluate("location.hash = '#components?q=package0001'")  # as by the keys for back and forward
    until(page.get_by_role("searchbox")).to_have_value("package0001")


def test_layers_and_verdicts_filter(opened):
    page = opened("edge", "#components?verdict=deny")
    until(page.locator("#matches")).not_to_have_text("")
    assert set(page.locator("#rows [data-label=Verdict]").all_text_contents()) == {"deny"}
    page = opened("rich", "#components?image=dashboard&layer=1")
    until(names(page)).to_have_text(["curl"])
    page = opened("rich", "#components?state=hidden")
    until(names(page)).to_have_text(["curl"])


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
    until(names(page)).to_have_text(found)


def test_pages_of_the_table_turn(opened):
    page = opened("many", "#components")
    page.get_by_role("button", name="Next").click()
    until(names(page).nth(0)).to_have_text("package00100")
    page.wait_for_url("**#components?page=2")
    until(page.get_by_text("Page 2 of 3")).to_be_visible()


def test_a_component_shows_how_everything_is_known(opened):
    page = opened("rich", "#components?image=dashboard")
    page.get_by_role("link", name="curl").click()
    view = page.locator("#component")
    until(focus(page)).to_have_id("component-title")
    for told in KNOWN_OF_CURL:
        assert told in view.text_content()
    view.get_by_role("link", name="text as shipped").click()
    until(page.locator("#texts pre", has_text="Do strange things.")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="← Components").click()
    page.wait_for_url("**#components?image=dashboard")


def test_findings_open_where_a_link_points(opened):
    page = opened("edge", "#components?q=bash")
    page.locator("#rows a").first.click()
    page.locator("#component").get_by_role("link", name="denied-license").first.click()
    group = page.locator("details.group[open]")
    until(group).to_have_count(1)
    until(group).to_contain_text("How to fix.")
    page = opened("edge", "#waivers")
    until(page.locator("#waivers")).to_contain_text("in 11 days")


def test_the_keyboard_is_enough(opened):
    page = opened("many")
    page.keyboard.press("Tab")
    until(focus(page)).to_have_class("skip")
    page.keyboard.press("Enter")
    until(focus(page)).to_have_id("main")
    page.locator(".side a", has_text="Components").focus()
    page.keyboard.press("Enter")
    until(focus(page)).to_have_id("components-title")
    heading = page.get_by_role("columnheader", name="Version")
    page.get_by_role("button", name="Version").focus()
    page.keyboard.press("Enter")
    until(heading).to_have_attribute("aria-sort", "ascending")
    until(focus(page)).to_have_text("Version")
    page.keyboard.press("Enter")
    until(heading).to_have_attribute("aria-sort", "descending")
    until(focus(page)).to_have_css("outline-style", "solid")


@pytest.mark.parametrize("width", [390, 900, 1200, 1600, 1920])
@pytest.mark.parametrize("name", ["edge", "large"])
def test_charts_show_all_of_their_columns(opened, name, width):
    page = opened(name, viewport={"width": width, "height": 900})
    charts = page.locator(".charts .scroll")
    assert charts.count() >= 3
    cut = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel)"
    assert charts.evaluate_all(cut) == []


# How many pixels of the page, and of each table that can be scrolled, lie beyond the edge.
CUT = """() => [document.documentElement, ...document.querySelectorAll(".view.open .scroll")]
  .map((each) => [each.querySelector("caption")?.textContent, each.scrollWidth - each.clientWidth])
  .filter(([, beyond]) => beyond > 0)"""


@pytest.mark.parametrize("width", [390, 700, 993, 1000, 1281, 1300, 1600])
@pytest.mark.parametrize("name", ["wide", "rich", "hostile"])
def test_no_table_is_cut_at_the_edge(opened, name, width):
    page = opened(name, viewport={"width": width, "height": 900})
    component = page.evaluate("JSON.parse(document.getElementById('table-data').textContent).rows[0][0]")
    views = [link.get_attribute("href") for link in page.locator(".side a").all()]
    cut = {}
    for view in (*views, f"#component/{component}"):
        page.evaluate(PAINTED, view)
        if beyond := page.evaluate(CUT):
            cut[view] = beyond
    assert cut == {}


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
        page.evaluate(PAINTED, view)
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
    until(names(page)).to_have_count(5)
    assert set(names(page).all_text_contents()) == {
        "<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>", "</noscript><b>", r"rtl\u202egnp.exe",
        r"bell\x07\x1b[31m",
    }  # fmt: skip
    page.locator("#rows a").first.click()
    until(page.locator("#component")).to_be_visible()
    assert page.locator("#component img, #component b, #component script").count() == 0
    assert page.locator("#component a[href^=javascript]").count() == 0
    page.goto(page.url.partition("#")[0] + "#texts")
    until(page.locator("#texts")).to_be_visible()
    assert page.locator("#texts img").count() == 0


def test_addresses_that_mean_nothing_show_the_overview(opened):
    for fragment in ("#nothing", "#component/none", "#main", "#rows", "#%ff", "#components?page=99&sort=x&image=none"):
        page = opened("many", fragment)
        until(page.locator(".view.open")).to_have_count(1)


def test_on_paper_all_rows_are_there(opened, tmp_path):
    page = opened("many")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#rows tr").count() == 300
    assert page.locator("#images").is_visible() and page.locator("#components").is_visible()
    assert not page.locator(".side").is_visible() and not page.locator("#texts").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#rows tr").count() == 100


def test_paper_is_light_and_starts_at_its_top(opened):
    """As printed by somebody whose screen is dark, and of one page of the report."""
    page = opened("edge", "#components", color_scheme="dark")
    badge = page.locator("#rows .badge.deny").first
    assert badge.evaluate("(each) => getComputedStyle(each).color") == "rgb(255, 154, 145)"
    page.emulate_media(media="print")
    assert badge.evaluate("(each) => getComputedStyle(each).color") == "rgb(177, 36, 28)"
    assert page.locator("#components").evaluate("(each) => getComputedStyle(each).breakBefore") == "auto"


def test_on_paper_each_page_has_the_head_of_the_table(opened, tmp_path):
    reader = tool("pdftotext")
    page = opened("many")
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    done = subprocess.run([reader, "-layout", tmp_path / "report.pdf", "-"], capture_output=True, check=True)
    with_rows = [each for each in done.stdout.decode().split("\f") if re.search("^ *package0", each, re.MULTILINE)]
    heads = [re.search("^ *Component +Version +Kind +License", each, re.MULTILINE) for each in with_rows]
    assert len(heads) > 3
    assert all(heads)


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
    until(page.locator("#matches")).to_have_text("10 components")


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
        until(page.locator("#component")).to_be_visible()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{shot}.png", full_page=True)
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], "nothing sticks out"
