"""The weekly digest in a real browser: its page and its mail, on a phone and on a desk, by day and by night."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from adapters.paging.smtp.letters import letter
from adapters.web.digests import DigestLinks, DigestPages
from adapters.web.problems import Problems
from bot.chat.templates import Templates
from bot.coffee.weekly.digest import weekly
from bot.coffee.weekly.edition import Edition
from bot.coffee.weekly.gathered import Gathered
from bot.coffee.weekly.render import edition
from bot.digests import whole
from bot.incident import commands as c
from bot.incident.model import Mark
from bot.ports import Attempt
from tests.clock import FakeClock
from tests.integration.browsers import CONTRASTS, chromium, serving
from tests.weeks import BERLIN, HOUR, WEEK, around, full, gathered, lived, monday

START, END = monday("2026-11-16"), monday("2026-11-23")
BEFORE = START - WEEK
LINKS = DigestLinks("k" * 32, lambda: "")
PATH = f"/digests/{LINKS._signer.dumps([''])}"
EARLIER = f"{PATH}?until={START:%Y-%m-%dT%H:%MZ}"
UNBROKEN = "https://example.org/" + "x" * 300

SIDEWAYS = (
    "e => Math.max(e.scrollWidth, ...[...e.querySelectorAll('body *')].map(x => x.getBoundingClientRect().right))"
)
"""How far to the right anything reaches."""


def hard_to_break() -> Gathered:
    story = lived(7, BEFORE + HOUR, c.Open(title=UNBROKEN), c.Note(mark=Mark.LUCKY, text=UNBROKEN))
    return gathered([story], BEFORE, START)


def made(found: Gathered, language: str) -> Edition:
    about = around(
        found.end,
        next_coffee=found.end + timedelta(days=3),
        meeting="https://meet.example.org/coffee",
        typed=(("Slack", "/incident"), ("Matrix", "!incident")),
    )
    return edition(weekly(found, about), about, Templates(), language)


class Library:
    """Two weeks: one that has something in every block, and before it one of words that cannot be broken."""

    def past(self, team: str, now: datetime) -> Sequence[tuple[datetime, datetime]]:
        return [(START, END), (BEFORE, START)]

    def language(self, team: str) -> str:
        return "en"

    def zone(self, team: str) -> ZoneInfo:
        return BERLIN

    def edition(self, team: str, start: datetime, end: datetime, language: str = "") -> Edition:
        return made(full(START, END) if end == END else hard_to_break(), language)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    pages = DigestPages(LINKS, Library(), FakeClock(END + HOUR))
    problems = {HTTPException: Problems().answer}
    with serving(Starlette(routes=[Route("/digests/{token}", pages.show)], exception_handlers=problems)) as address:
        yield address


Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser) -> Iterator[Opens]:
    """An empty page, on a phone unless told otherwise; the browser may complain of nothing, and load nothing but what lies below `own`."""
    contexts = []
    complaints: list[str] = []

    def new(own: str, *, width: int = 360, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 780}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(own) else None)
        return page

    yield new
    for context in contexts:
        context.close()
    assert complaints == []


Reads = Callable[..., Page]


@pytest.fixture
def reads(opens: Opens, address: str) -> Reads:
    """Opens the page of the digests."""

    def go(path: str = PATH, *, width: int = 360, dark: bool = False) -> Page:
        page = opens(f"{address}{PATH}", width=width, dark=dark)
        page.goto(f"{address}{path}")
        return page

    return go


@pytest.mark.parametrize("width", [320, 360, 1200])
@pytest.mark.parametrize("path", [PATH, f"{PATH}?lang=de", EARLIER], ids=["en", "de", "unbroken"])
def test_nothing_of_the_page_has_to_be_scrolled_sideways(reads: Reads, path: str, width: int) -> None:
    assert reads(path, width=width).locator("html").evaluate(SIDEWAYS) <= width


def test_the_week_and_its_story_are_on_the_first_screen_of_a_phone(reads: Reads) -> None:
    page = reads()
    for part in (page.get_by_role("heading", level=1), page.get_by_text("Worth reading"), page.get_by_text("SEV1")):
        box = part.first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 780


def test_the_pictures_are_seen_and_said(reads: Reads) -> None:
    drawings = reads().get_by_role("img")
    assert drawings.count() == 2
    for drawing in drawings.all():
        box = drawing.bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 60
        assert "n = " in (said := drawing.locator("title").inner_html()) or "pages" in said
        assert drawing.locator("text").first.is_visible()


def test_one_title_and_a_heading_for_each_part(reads: Reads) -> None:
    page = reads()
    assert page.locator("h1").all_inner_texts() == ["Week 47: 3 incidents, 1 near miss, 2 follow-ups done"]
    parts = page.locator("section")
    assert parts.count() > 8
    assert parts.locator("h2:first-child").count() == parts.count()


def test_the_other_language_and_the_other_weeks_are_one_step_away(reads: Reads) -> None:
    page = reads()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Deutsch"
    assert page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**lang=de")
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.locator("h1").inner_text().startswith("KW 47: 3 Störungen")
    page.get_by_role("navigation").get_by_role("link", name="2026-11-16").click()
    page.wait_for_url("**until=**lang=de")
    assert page.locator("h1").inner_text().startswith("KW 46: ")
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**until=**lang=en")
    assert page.locator("h1").inner_text().startswith("Week 46: ")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_word_of_the_page_stands_out_from_its_ground(reads: Reads, dark: bool) -> None:
    found = reads(dark=dark).evaluate(CONTRASTS)
    assert len(found) > 100
    assert [(ratio, text) for ratio, text in found if ratio < 4.5] == []


def test_the_week_that_is_shown_stands_in_line_with_the_others(reads: Reads) -> None:
    links = reads().get_by_role("navigation")
    tops = [
        (box := one.bounding_box()) and box["y"]
        for one in (links.locator("[aria-current]"), links.get_by_role("link").first)
    ]
    assert tops[0] == tops[1]


def test_printed_it_is_the_digest_and_nothing_else(reads: Reads) -> None:
    page = reads(width=1200)
    page.emulate_media(media="print")
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.get_by_role("img").first.is_visible()
    assert not page.get_by_role("link", name="Deutsch").is_visible()
    assert not page.get_by_text("Other digests").is_visible()
    texts = page.locator("pre")
    assert texts.count() > 0
    for text in texts.all():
        box = text.bounding_box()
        assert box is not None
        assert box["height"] > 100
    assert not page.locator("summary").first.is_visible()


def test_a_text_to_copy_takes_a_line_until_it_is_opened(reads: Reads) -> None:
    page = reads()
    folded = page.locator("details").first
    box = folded.bounding_box()
    assert box is not None
    assert box["height"] < 50
    assert not folded.locator("pre").is_visible()
    folded.get_by_text("The text to copy").click()
    assert folded.locator("pre").is_visible()
    assert "asked for attention" in folded.locator("pre").inner_text()


def test_where_the_lines_in_it_are_typed_is_said_at_the_end(reads: Reads) -> None:
    assert reads().locator("main > :last-child").inner_text() == (
        "Where to type it: lines like nearmiss TITLE go behind /incident in Slack, behind !incident in Matrix, or behind "
        "klatsch say on the bot's machine."
    )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 1200])
def test_a_link_that_leads_nowhere_is_a_page_that_says_what_to_do(
    browser: Browser, address: str, width: int, dark: bool
) -> None:
    with browser.new_context(
        viewport={"width": width, "height": 780}, color_scheme="dark" if dark else "light"
    ) as context:
        page = context.new_page()
        answer = page.goto(f"{address}{PATH}?until=2020-01-06T08:00Z")
        assert answer is not None
        assert answer.status == 404
        assert page.title() == "There is nothing here · Klatsch"
        assert page.locator("html").evaluate(SIDEWAYS) <= width
        assert [(ratio, text) for ratio, text in page.evaluate(CONTRASTS) if ratio < 4.5] == []
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Read the last one"
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{PATH}?")
        assert page.locator("h1").inner_text().startswith("Week 47: ")


@pytest.fixture(params=["en", "de"])
def mail(request: pytest.FixtureRequest) -> str:
    """The HTML of the mail, its pictures as a reader of mail puts them in."""
    found = made(full(START, END), request.param)
    sent = letter(
        Attempt("weekly:1"),
        whole(found),
        subject=found.main.summary,
        sender=Address("Klatsch", "klatsch", "example.org"),
        to="ops@example.org",
        language=request.param,
    )
    body = sent.get_body(("html",))
    assert body is not None
    html = str(body.get_content())
    for part in sent.walk():
        if part.get_content_type() == "image/png":
            picture = b64encode(part.get_payload(decode=True)).decode()
            html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", f"data:image/png;base64,{picture}")
    return html


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 700])
def test_the_mail_is_read_on_a_phone_and_on_a_desk_by_day_and_by_night(
    opens: Opens, mail: str, width: int, dark: bool
) -> None:
    page = opens("data:", width=width, dark=dark)
    page.set_content(mail)
    assert page.locator("html").evaluate(SIDEWAYS) <= width
    assert page.locator("h1").count() == 1
    assert page.title() == page.locator("h1").inner_text()
    assert page.locator("html").get_attribute("lang") == ("de" if "Störungen" in page.title() else "en")
    pictures = page.get_by_role("img")
    assert pictures.count() == 2
    for picture in pictures.all():
        assert picture.evaluate("e => e.complete && e.naturalWidth") > 300
        assert len(picture.get_attribute("alt") or "") > 30
    assert [(ratio, text) for ratio, text in page.evaluate(CONTRASTS) if ratio < 4.5] == []
