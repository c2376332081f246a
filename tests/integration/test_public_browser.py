"""The public status page in a real browser: a phone, no JavaScript, the worst hour."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from adapters.status.builtin import Config
from adapters.web.public import public_app
from bot.incident.model import ComponentState as C
from bot.incident.model import PublicPost
from bot.incident.model import PublicStatus as S
from storage.engine import Database
from storage.indexes import metadata
from storage.public import SqlPublicPages, public_component, public_incident, public_post
from tests.integration.browsers import CONTRASTS, chromium, serving
from tests.integration.public_site import NOON, StandingClock

UNBROKEN = "https://example.org/" + "x" * 300


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The page, served, in the worst hour: an outage in AZ 1 with three updates, and words nobody would choose."""
    database = Database(f"sqlite:///{tmp_path}/klatsch.db")
    metadata.create_all(database.engine, tables=[public_post, public_incident, public_component])
    pages = SqlPublicPages(database)
    story: list[tuple[str, int, int, S, str, dict[str, C]]] = [
        ("INC-41", 1, -900, S.INVESTIGATING, "The API is slow.", {"api": C.DEGRADED}),
        ("INC-41", 2, -840, S.RESOLVED, "It is quick again.", {"api": C.OPERATIONAL}),
        ("INC-42", 1, -43, S.INVESTIGATING, "Machines in AZ 1 fail to start.", {"compute-az1": C.PARTIAL_OUTAGE}),
        ("INC-42", 2, -24, S.IDENTIFIED, f"See {UNBROKEN} and {'y' * 300}", {"network-az1": C.MAJOR_OUTAGE}),
        ("INC-42", 3, -5, S.MONITORING, "Most starts succeed.", {"network-az1": C.MAINTENANCE}),
    ]
    for ref, number, minutes, status, words, components in story:
        title = "Virtual machines in AZ 1 cannot be started" if ref == "INC-42" else f"Slow API {'z' * 200}"
        pages.add("page", ref, number, NOON + timedelta(minutes=minutes), PublicPost(title, status, words, components))
    config = Config.model_validate(
        {
            "title": "Example Cloud",
            "components": [
                {"id": "compute-az1", "name": "Compute", "group": "AZ 1"},
                {"id": "network-az1", "name": "Network between all the zones and the world", "group": "AZ 1"},
                {"id": "api", "name": "API", "group": "Everywhere"},
            ],
        }
    )
    with serving(public_app("page", config, pages, StandingClock())) as address:
        yield address
    database.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """Opens a page without JavaScript, on a phone unless told otherwise; the browser may not complain about anything."""
    contexts = []
    complaints: list[str] = []

    def go(path: str, *, width: int = 390, dark: bool = False, scripts: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if address not in request.url else None)
        page.goto(f"{address}{path}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("path", ["/", "/incidents/INC-42", "/incidents/INC-41", "/history"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_has_to_be_scrolled_sideways(visit, path, width):
    page = visit(path, width=width)
    # Nothing reaches out of the window: neither the page as a whole nor one of its boxes.
    assert page.locator("html").evaluate("e => e.scrollWidth") <= width
    right = page.locator("body *:not(.hidden):not(.skip)").evaluate_all(
        "all => Math.max(...all.map(e => e.getBoundingClientRect().right))"
    )
    assert right <= width


def test_the_banner_and_the_newest_word_are_seen_first_on_a_phone(visit):
    page = visit("/")
    banner = page.get_by_role("region", name="Partial outage: Compute (AZ 1)")
    assert banner.is_visible()
    newest = page.get_by_text("Most starts succeed.")
    for part in (banner, newest):
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844


def test_an_incidents_updates_can_be_read_newest_first(visit):
    page = visit("/")
    page.get_by_role("link", name="Virtual machines in AZ 1 cannot be started").click()
    assert page.url.endswith("/incidents/INC-42")
    assert page.get_by_role("heading", level=1).inner_text() == "Virtual machines in AZ 1 cannot be started"
    updates = page.locator(".updates > li")
    assert [update.split("\n")[0].split()[0] for update in updates.all_inner_texts()] == [
        "Monitoring",
        "Identified",
        "Investigating",
    ]
    for update in updates.all():
        assert update.is_visible()
        size = update.locator(".words").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert size >= 16


def test_everything_can_be_reached_with_the_keyboard_and_the_first_stop_skips_the_menu(visit):
    page = visit("/", scripts=True)
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    box = skip.bounding_box()
    assert box is not None
    assert box["width"] > 50
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim()"))
    links = {text.strip() for text in page.locator("a:not(.skip)").all_text_contents()}
    assert links <= reached


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/incidents/INC-42", "/history"])
def test_every_word_stands_out_from_its_ground(visit, path, dark):
    page = visit(path, dark=dark, scripts=True)
    faint = [(ratio, text) for ratio, text in page.evaluate(CONTRASTS) if ratio < 4.5]
    assert faint == []


def test_the_state_of_a_component_is_said_in_words_and_by_a_shape_of_its_own(visit):
    page = visit("/")
    shapes = {}
    for row in page.locator(".components li").all():
        words = row.locator(".state").inner_text().strip()
        shapes[words] = row.locator("svg").evaluate("e => e.innerHTML")
    assert set(shapes) == {"Partial outage", "Under maintenance", "Operational"}
    assert len(set(shapes.values())) == 3
