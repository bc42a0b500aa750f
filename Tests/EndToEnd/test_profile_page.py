"""The page with the flame graph, in a real browser, used with its mouse and keyboard."""

import pytest

from browser import CHROMIUM, Browser
from profile_documents import ProfileBuilder

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: scripts/install-deps test installs it")

IMPORT, SORT = (42, "import"), (43, "sort")
MAIN, WORKER, SORTER = (42, "import"), (44, "worker"), (43, "sort")


def sample_profile(extra=()):
    """A second of three threads: `parse` 40 of 100 samples, `hash` 20, `write` 20 (of the worker, in the second half of the
    time), `compare` 20 (of another process)."""
    profile = ProfileBuilder("nightly import", notes=["one process was too short-lived to be seen"], tally=(100, 7, 0, 0, 2))
    place = {"name": "parse", "file": "/src/parse.c", "line": 17}
    for index in range(40):
        profile.add(index * 25, IMPORT, MAIN, ["main", "read", place])
    for index in range(20):
        profile.add(index * 50 + 5, IMPORT, MAIN, ["main", "hash"])
        profile.add(500 + index * 25, IMPORT, WORKER, ["work", "write"])
        profile.add(index * 50, SORT, SORTER, ["main", "compare"])
    for time, stack in extra:
        profile.add(time, IMPORT, MAIN, stack)
    return profile


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


class Page:
    """A profile's page as a person sees it."""

    def __init__(self, browser, path):
        self.browser = browser
        browser.open(path)

    def box(self, name):
        """Where the first box with that name is, or None."""
        return self.browser.run(f"""(() => {{
            const {{ graph }} = profilePage;
            for (const row of graph.rows) for (let index = 0; index < (row ?? []).length; index += 3)
                if (graph.nameOf(row[index]) === {name!r}) return graph.boundsOf(row[index]);
            return null;
        }})()""")

    def colour(self, name):
        """Red, green and blue of a box, where it has no letters."""
        return self.browser.run(f"""(() => {{
            const {{ graph }} = profilePage, canvas = graph.canvas, box = ({self.box_script(name)});
            const bounds = canvas.getBoundingClientRect();
            return [...canvas.getContext("2d").getImageData(
                box.x - bounds.left + box.width - 2, box.y - bounds.top + 3, 1, 1).data].slice(0, 3);
        }})()""")

    def box_script(self, name):
        import json

        return json.dumps(self.box(name))

    def share(self, name):
        box = self.box(name)
        return round(box["width"] / self.box("all")["width"], 2) if box else None

    def click(self, name):
        box = self.box(name)
        self.browser.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def table(self):
        rows = self.browser.run(
            "[...document.querySelectorAll('#rows tr')].map((row) => [...row.children].map((cell) => cell.textContent))")
        return {row[0]: row[1:] for row in rows}

    def search(self, text):
        self.browser.click_on("#search")
        self.browser.run("document.querySelector('#search').select()")
        self.browser.type(text)
        return self.browser.text("#matched")


@pytest.fixture
def show(programs, browser):
    def show(profile):
        source, page = programs.directory / "in.html", programs.directory / "profile.html"
        source.write_bytes(profile.page())
        result = programs.run(programs.sentry_run, "profile", "convert", str(source), "-o", str(page))
        assert result.code == 0, result.err
        return Page(browser, page)

    return show


@pytest.fixture
def page(show):
    return show(sample_profile())


def test_boxes_are_as_wide_as_their_share(page):
    assert [page.share(name) for name in ("all", "import (42)", "parse", "hash", "write", "compare")] == [
        1, 0.8, 0.4, 0.2, 0.2, 0.2]
    assert page.browser.errors == []


def test_it_asks_nobody_for_anything(page):
    assert [url for url in page.browser.requests if not url.startswith("file://")] == []
    assert len(page.browser.requests) == 1


def test_what_was_not_seen_is_said(page):
    notes = page.browser.text("#notes")
    assert "one process was too short-lived to be seen" in notes
    assert "7 samples were lost" in notes
    assert "2 stacks do not reach their thread's start" in notes
    assert "nightly import" in page.browser.text("#title")
    assert "100 samples" in page.browser.text("#facts")


def test_the_table_has_self_and_total(page):
    assert page.table()["parse"][:4] == ["40.0 %", "400 ms", "40.0 %", "400 ms"]
    assert page.table()["main"][0] == "0.0 %"
    assert page.table()["main"][2] == "80.0 %"


def test_a_click_zooms_and_escape_shows_all(page):
    page.click("read")
    assert page.share("read") == 1
    assert page.share("parse") == 1
    assert page.box("compare") is None
    page.browser.press("Escape")
    assert page.share("read") == 0.4


def test_the_button_resets_the_zoom(page):
    page.click("hash")
    assert page.share("hash") == 1
    page.browser.click_on("#reset")
    assert page.share("hash") == 0.2


def test_the_keyboard_reaches_every_frame(page):
    page.browser.press("/")
    assert page.browser.run("document.activeElement.id") == "search"
    page.browser.press("Escape")
    page.browser.run("document.querySelector('#flames').focus()")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"):
        page.browser.press(key)
    # all, import (42), main, hash: names are in alphabetic order
    assert page.browser.text("#detail").startswith("hash")
    page.browser.press("ArrowRight")
    assert page.browser.text("#detail").startswith("read")
    page.browser.press("Enter")
    assert page.share("read") == 1


def test_a_search_says_what_share_it_matched(page):
    assert page.search("parse") == "40.0 % matched"
    assert page.search("PARSE") == "40.0 % matched"
    # Both in one stack: counted once.
    assert page.search("/^(read|parse)$/") == "40.0 % matched"
    assert page.search("/^(hash|write)$/") == "40.0 % matched"
    assert page.search("=pars") == "0.0 % matched"
    assert page.search("/(/") == "not a regular expression"
    assert page.search("write") == "20.0 % matched"
    assert list(page.table()) == ["write"]


def test_matches_have_another_colour(page):
    before = page.colour("hash")
    page.search("hash")
    assert page.colour("hash") != before


def test_a_zoomed_search_is_of_what_is_shown(page):
    page.click("import (42)")
    assert page.search("hash") == "25.0 % matched"


def test_a_row_of_the_table_searches_for_its_function(page):
    page.browser.click_on("#rows tr:nth-child(1) button")
    assert page.browser.run("document.querySelector('#search').value") == "=parse"
    assert page.browser.text("#matched") == "40.0 % matched"


def test_one_thread_or_one_process_can_be_chosen(page):
    page.browser.choose("#process", "sort (43)")
    assert page.share("compare") == 1
    assert page.box("parse") is None
    page.browser.choose("#process", "")
    page.browser.choose("#thread", "import (42) › worker")
    assert page.share("write") == 1
    assert page.box("parse") is None
    assert list(page.table()) == ["write", "work"]


def test_threads_can_be_the_outermost_frames(page):
    page.browser.choose("#grouping", "thread")
    assert page.share("worker (44)") == 0.2
    page.browser.choose("#grouping", "none")
    assert page.box("import (42)") is None
    # Of both processes.
    assert page.share("main") == 0.8


def test_a_range_of_time_can_be_dragged(page):
    box = page.browser.run("(({x, y, width, height}) => ({x, y, width, height}))"
                           "(document.querySelector('#density').getBoundingClientRect())")
    y = box["y"] + box["height"] / 2
    page.browser.drag(box["x"] + 1, y, box["x"] + box["width"] / 2 - 2, y)
    assert page.box("write") is None
    assert page.share("parse") == 0.5
    assert "40 samples" in page.browser.text("#range")
    page.browser.click_on("#whole")
    assert page.share("write") == 0.2


def test_a_range_of_time_can_be_chosen_by_keys(page):
    page.browser.run("document.querySelector('#density').focus()")
    page.browser.press("ArrowRight")
    assert "to 100 ms of" in page.browser.text("#range")
    page.browser.press("ArrowRight")
    assert "20.0 ms to 120 ms" in page.browser.text("#range")
    page.browser.press("Escape")
    assert "100 samples" in page.browser.text("#range")


def test_inverted_shows_callers(page):
    page.browser.press("i")
    parse, read = page.box("parse"), page.box("read")
    assert round(parse["width"] / page.box("all")["width"], 2) == 0.4
    # Beneath it, as wide: its only caller.
    assert (read["y"] - parse["y"], read["width"]) == (parse["height"], parse["width"])


def test_the_tip_has_time_place_and_module(page):
    box = page.box("parse")
    page.browser.move(box["x"] + 5, box["y"] + 5)
    tip = page.browser.text("#tip")
    for part in ("parse", "400 ms, 40.0 %", "self 400 ms", "/src/parse.c:17", "/usr/bin/job"):
        assert part in tip


HOSTILE = ["</script><img src=x onerror=alert(1)>", "<!--<script>", "'\"><svg onload=alert(1)>", "\u202egnp.exe", "a\nb\0c", "{{x}}"]


def test_hostile_names_are_text(show):
    page = show(sample_profile([(index, ["main", name]) for index, name in enumerate(HOSTILE)]))
    assert page.browser.errors == []
    assert page.browser.run("document.querySelectorAll('img, svg, iframe').length") == 0
    assert page.browser.run("document.scripts.length") == 1
    for name in HOSTILE:
        assert name in page.table()
    box = page.box(HOSTILE[0])
    page.browser.move(box["x"] + 1, box["y"] + 5)
    assert HOSTILE[0] in page.browser.text("#tip")


def test_a_title_is_text(show):
    profile = sample_profile()
    profile.title = "</title><script>document.body.remove()</script>"
    page = show(profile)
    assert page.browser.text("#title") == profile.title
    assert page.browser.run("document.title") == profile.title


def test_an_empty_profile_is_shown_as_such(show):
    page = show(ProfileBuilder("nothing"))
    assert page.browser.errors == []
    assert page.table() == {}
    assert "0 samples" in page.browser.text("#facts")


def test_a_stack_of_ten_thousand_frames_can_be_scrolled(show):
    profile = ProfileBuilder("deep")
    profile.add(0, IMPORT, MAIN, [f"level {level}" for level in range(10_000)])
    page = show(profile)
    page.browser.run("document.querySelector('#scroller').scrollTop = 1e9")
    page.browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    box, bounds = page.box("level 9999"), page.browser.run("document.querySelector('#scroller').getBoundingClientRect().bottom")
    assert box["y"] < bounds
    page.browser.move(box["x"] + 20, box["y"] + 5)
    assert page.browser.text("#tip").startswith("level 9999")
    page.browser.press("i")
    assert page.share("level 9999") == 1
    assert page.browser.errors == []


def test_a_diff_is_red_where_more_and_blue_where_less(programs, browser):
    later = ProfileBuilder("later")
    for index in range(20):
        later.add(index * 10, (99, "import"), (99, "import"), ["main", "read", "parse"])
    for index in range(60):
        later.add(200 + index * 10, (99, "import"), (99, "import"), ["main", "hash"])
    for index in range(20):
        later.add(index * 10, (98, "sort"), (98, "sort"), ["main", "compare"])
    (programs.directory / "a.html").write_bytes(sample_profile().page())
    (programs.directory / "b.html").write_bytes(later.page())
    result = programs.run(programs.sentry_run, "profile", "diff", "a.html", "b.html", "-o", "diff.html")
    assert result.code == 0, result.err
    page = Page(browser, programs.directory / "diff.html")
    assert browser.errors == []
    red, _, blue = page.colour("hash")
    assert red > blue + 40
    red, _, blue = page.colour("parse")
    assert blue > red + 40
    assert page.table()["hash"][:3] == ["+40.0", "20.0 %", "60.0 %"]
    assert page.table()["parse"][:3] == ["−20.0", "40.0 %", "20.0 %"]
    # What is gone has no width until the earlier profile gives the widths.
    assert page.box("write") is None
    browser.choose("#side", "before")
    assert page.share("write") == 0.2
    assert page.share("hash") == 0.2


def test_it_follows_the_dark_scheme(programs, tmp_path_factory):
    (programs.directory / "in.html").write_bytes(sample_profile().page())
    programs.run(programs.sentry_run, "profile", "convert", "in.html", "-o", "profile.html")
    dark = Browser(tmp_path_factory.mktemp("dark"), dark=True)
    try:
        page = Page(dark, programs.directory / "profile.html")
        ground = dark.run("getComputedStyle(document.body).backgroundColor")
        assert max(int(part) for part in ground[4:-1].split(",")) < 64
        assert sum(page.colour("parse")) < 3 * 160
    finally:
        dark.close()
