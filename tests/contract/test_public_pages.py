"""What the status page's memory promises, on every database."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.status.builtin import Config, build
from bot.incident.model import ComponentState as C
from bot.incident.model import PublicPost
from bot.incident.model import PublicStatus as S
from bot.ports import Attempt, Rejected, Unavailable
from bot.status.model import UPDATES_KEPT, Impact, PublicPages, Standing
from bot.status.page import lasted
from bot.store import StoreUnavailable
from storage.engine import Database
from storage.indexes import metadata
from storage.public import SqlPublicPages, public_component, public_incident, public_post
from tests.statements import statements

TABLES = [public_post, public_incident, public_component]
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def post(
    status: S = S.INVESTIGATING,
    words: str = "We are looking.",
    title: str = "Slow volumes",
    when: datetime | None = None,
    **components: C,
):
    return PublicPost(title, status, words, dict(components), when)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    metadata.create_all(database.engine, tables=TABLES)
    yield database
    database.close()


@pytest.fixture
def pages(database: Database) -> PublicPages:
    return SqlPublicPages(database)


def refs(pages: PublicPages, **wanted) -> list[str]:
    return [incident.ref for incident in pages.incidents("page", **{"limit": 100, **wanted})]


def test_what_was_posted_is_read_back_whole(pages):
    words = "Größer als gedacht 📣\n\nNext update by 12:30 UTC."
    pages.add("page", "INC-7", 1, NOON.replace(microsecond=54_013), post(words=words, compute=C.PARTIAL_OUTAGE))
    found = pages.incident("page", "INC-7")
    assert (found.ref, found.title, found.status, found.impact) == (
        "INC-7",
        "Slow volumes",
        S.INVESTIGATING,
        Impact.MAJOR,
    )
    [update] = found.updates
    assert (update.number, update.text, update.components) == (1, words, {"compute": C.PARTIAL_OUTAGE})
    assert update.at == found.created_at == found.updated_at == NOON.replace(microsecond=54_013)
    assert update.at.utcoffset() == timedelta(0)
    assert found.resolved_at is None


def test_the_same_post_twice_is_there_once_and_the_first_one_stays(pages):
    pages.add("page", "INC-7", 1, NOON, post(words="First.", compute=C.DEGRADED))
    pages.add("page", "INC-7", 1, at(9), post(S.RESOLVED, words="Second.", compute=C.OPERATIONAL))
    found = pages.incident("page", "INC-7")
    assert [(update.text, update.at) for update in found.updates] == [("First.", NOON)]
    assert refs(pages, unresolved_only=True) == ["INC-7"]
    assert pages.states("page") == {"compute": Standing(C.DEGRADED, NOON)}


def test_times_from_any_zone_are_the_same_instant(pages):
    pages.add("page", "INC-7", 1, NOON.astimezone(ZoneInfo("Asia/Tokyo")), post())
    assert pages.incident("page", "INC-7").created_at == NOON


def test_the_newest_incident_comes_first_and_its_newest_update_too(pages):
    for number, minutes in ((1, 0), (2, 20), (3, 10)):
        pages.add("page", f"INC-{number}", 1, at(minutes), post())
    pages.add("page", "INC-1", 2, at(60), post(S.IDENTIFIED, title="Slow volumes in AZ 1"))
    assert refs(pages) == ["INC-2", "INC-3", "INC-1"]
    oldest = pages.incidents("page", limit=3)[2]
    assert [update.number for update in oldest.updates] == [2, 1]
    assert (oldest.title, oldest.status, oldest.updated_at) == ("Slow volumes in AZ 1", S.IDENTIFIED, at(60))


def test_resolved_incidents_are_not_unresolved_until_they_come_back(pages):
    pages.add("page", "INC-1", 1, NOON, post())
    pages.add("page", "INC-2", 1, at(1), post())
    pages.add("page", "INC-1", 2, at(2), post(S.RESOLVED))
    assert refs(pages, unresolved_only=True) == ["INC-2"]
    pages.add("page", "INC-1", 3, at(3), post())
    assert refs(pages, unresolved_only=True) == ["INC-2", "INC-1"]


def test_posts_that_come_in_the_wrong_order_make_the_same_incident(pages):
    pages.add("page", "INC-1", 2, at(2), post(S.RESOLVED, title="Slow volumes in AZ 1"))
    pages.add("page", "INC-1", 1, at(1), post())
    found = pages.incident("page", "INC-1")
    assert (found.created_at, found.updated_at, found.resolved_at) == (at(1), at(2), at(2))
    assert (found.title, refs(pages, unresolved_only=True)) == ("Slow volumes in AZ 1", [])


def test_a_write_up_of_the_past_began_and_lasted_as_its_posts_say(pages):
    pages.add("page", "INC-1", 1, at(0), post())
    pages.add("page", "INC-2", 1, at(60), post(when=at(-120), compute=C.DEGRADED))
    pages.add("page", "INC-2", 2, at(61), post(S.RESOLVED, when=at(-48), compute=C.OPERATIONAL))
    found = pages.incident("page", "INC-2")
    assert (found.created_at, found.resolved_at, lasted(found)) == (at(-120), at(-48), "1 h 12 min")
    assert refs(pages) == ["INC-1", "INC-2"]
    assert pages.began("page", at(90)) == at(-120)


def test_posts_keep_the_order_of_their_numbers_whatever_time_they_carry(pages):
    pages.add("page", "INC-1", 1, at(0), post(compute=C.MAJOR_OUTAGE))
    pages.add("page", "INC-1", 2, at(10), post(S.IDENTIFIED, when=at(-30), compute=C.DEGRADED))
    pages.add("page", "INC-1", 3, at(20), post(S.RESOLVED, when=at(-20), compute=C.OPERATIONAL))
    found = pages.incident("page", "INC-1")
    assert [(update.number, update.at) for update in found.updates] == [(3, at(-20)), (2, at(-30)), (1, at(0))]
    # The first post says when it began, and nothing was changed before it was there.
    assert (found.created_at, found.updated_at, lasted(found)) == (at(0), at(0), "0 min")
    assert refs(pages, unresolved_only=True) == []
    # What was said last of a component counts, not what carries the latest time.
    assert pages.states("page") == {"compute": Standing(C.OPERATIONAL, at(20))}


async def test_the_page_that_klatsch_serves_shows_the_time_that_a_post_carries(pages):
    page = build("page", Config(components=[{"id": "compute", "name": "Compute"}]), pages)
    await page.publish(Attempt("k", 1), ref="INC-1", number=1, at=at(0), post=post(when=at(-30)))
    assert pages.incident("page", "INC-1").created_at == at(-30)


def test_limit_and_before_cut_the_list_and_before_goes_on_exactly_where_the_last_one_ended(pages):
    for number in range(1, 8):
        # Three of them began at the same time.
        pages.add("page", f"INC-{number}", 1, at(max(number, 4)), post())
    seen: list[str] = []
    last = None
    for _ in range(5):
        found = pages.incidents("page", limit=2, before=last)
        if not found:
            break
        seen += [incident.ref for incident in found]
        last = found[-1]
    assert seen == ["INC-7", "INC-6", "INC-5", "INC-4", "INC-3", "INC-2", "INC-1"]


def test_pages_share_nothing(pages):
    pages.add("page", "INC-1", 1, NOON, post(compute=C.DEGRADED))
    pages.add("other", "INC-1", 1, NOON, post(words="Other words."))
    assert [update.text for update in pages.incident("other", "INC-1").updates] == ["Other words."]
    assert pages.states("other") == {}
    assert pages.incidents("third", limit=10) == []


def test_nothing_posted_is_no_incident(pages):
    assert pages.incident("page", "INC-1") is None
    assert pages.incidents("page", limit=10) == []
    assert pages.states("page") == {}


@pytest.mark.parametrize(
    ("posts", "state"),
    [
        ([("INC-1", 1, 0, C.DEGRADED), ("INC-1", 2, 5, C.OPERATIONAL)], C.OPERATIONAL),
        ([("INC-1", 2, 5, C.OPERATIONAL), ("INC-1", 1, 0, C.DEGRADED)], C.OPERATIONAL),
        ([("INC-1", 2, 0, C.OPERATIONAL), ("INC-1", 1, 0, C.DEGRADED)], C.OPERATIONAL),
    ],
)
def test_the_latest_word_on_a_component_wins_by_time_then_number_whatever_order_they_come_in(pages, posts, state):
    for ref, number, minutes, said in posts:
        pages.add("page", ref, number, at(minutes), post(compute=said))
    assert pages.states("page")["compute"].state is state


ONE, TWO = "INC-1", "INC-2"
BESIDE = [
    ("a milder word beside an open one", [(ONE, S.INVESTIGATING, C.MAJOR_OUTAGE), (TWO, S.INVESTIGATING, C.DEGRADED)],
     C.MAJOR_OUTAGE),
    ("the other one is resolved", [(ONE, S.IDENTIFIED, C.MAJOR_OUTAGE), (TWO, S.INVESTIGATING, C.PARTIAL_OUTAGE),
                                   (TWO, S.RESOLVED, C.OPERATIONAL)], C.MAJOR_OUTAGE),
    ("the worse one is resolved", [(ONE, S.IDENTIFIED, C.MAJOR_OUTAGE), (TWO, S.INVESTIGATING, C.DEGRADED),
                                   (ONE, S.RESOLVED, C.OPERATIONAL)], C.DEGRADED),
    ("both are resolved", [(ONE, S.IDENTIFIED, C.MAJOR_OUTAGE), (TWO, S.INVESTIGATING, C.DEGRADED),
                           (ONE, S.RESOLVED, C.OPERATIONAL), (TWO, S.RESOLVED, C.OPERATIONAL)], C.OPERATIONAL),
    ("the open one takes its word back", [(ONE, S.INVESTIGATING, C.MAJOR_OUTAGE), (ONE, S.MONITORING, C.OPERATIONAL),
                                          (TWO, S.RESOLVED, C.OPERATIONAL)], C.OPERATIONAL),
    ("what a resolved one left behind is mended", [(ONE, S.RESOLVED, C.DEGRADED), (TWO, S.MONITORING, C.OPERATIONAL)],
     C.OPERATIONAL),
    ("it came back", [(ONE, S.IDENTIFIED, C.MAJOR_OUTAGE), (ONE, S.RESOLVED, C.OPERATIONAL),
                      (ONE, S.INVESTIGATING, C.PARTIAL_OUTAGE), (TWO, S.RESOLVED, C.OPERATIONAL)], C.PARTIAL_OUTAGE),
]  # fmt: skip


@pytest.mark.parametrize(("posts", "state"), [row[1:] for row in BESIDE], ids=[row[0] for row in BESIDE])
@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
def test_a_component_is_as_bad_as_the_worst_that_an_open_incident_says_of_it(pages, posts, state, backwards):
    numbered = [(sum(ref == one[0] for one in posts[:n]) + 1, at(n), *posts[n]) for n, (ref, *_) in enumerate(posts)]
    for number, when, ref, status, said in reversed(numbered) if backwards else numbered:
        pages.add("page", ref, number, when, post(status, compute=said))
        pages.add("other", ref, number, when, post(S.INVESTIGATING, compute=C.DEGRADED))
    assert pages.states("page") == {"compute": Standing(state, at(len(posts) - 1))}


def test_the_page_began_when_it_was_first_shown_and_that_is_no_component(pages, database):
    assert pages.began("page", NOON) == NOON
    assert SqlPublicPages(database).began("page", at(60)) == NOON
    assert pages.began("other", at(60)) == at(60)
    pages.add("other", "INC-1", 1, at(5), post())
    pages.add("other", "INC-1", 2, at(70), post())
    assert SqlPublicPages(database).began("other", at(60)) == at(5)
    assert pages.states("page") == pages.states("other") == {}


def test_pages_that_are_first_shown_at_the_same_time_agree_on_when(pages):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda n: pages.began("page", at(n)), range(16)))) == 1


def test_a_component_stays_as_it_was_said_when_the_incident_ends_without_a_word_on_it(pages):
    pages.add("page", "INC-1", 1, NOON, post(compute=C.DEGRADED, network=C.DEGRADED))
    pages.add("page", "INC-1", 2, at(5), post(S.RESOLVED, network=C.OPERATIONAL))
    assert pages.states("page") == {
        "compute": Standing(C.DEGRADED, NOON),
        "network": Standing(C.OPERATIONAL, at(5)),
    }


def test_of_a_very_long_incident_only_the_newest_updates_are_read_and_its_beginning_is_kept(pages):
    for number in range(1, UPDATES_KEPT + 6):
        pages.add("page", "INC-1", number, at(number), post())
    found = pages.incident("page", "INC-1")
    assert (len(found.updates), found.updates[-1].number, found.created_at) == (UPDATES_KEPT, 6, at(1))


def test_posts_written_at_the_same_time_all_arrive(pages):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: pages.add("page", "INC-1", n, at(n), post()), range(1, 17)))
    found = pages.incident("page", "INC-1")
    assert ([update.number for update in found.updates], found.created_at) == (list(range(16, 0, -1)), at(1))


def test_incidents_that_name_the_same_components_at_the_same_time_do_not_stop_each_other(pages):
    upwards = {f"c{n}": C.DEGRADED for n in range(200)}
    downwards = dict(reversed(upwards.items()))
    with ThreadPoolExecutor(8) as pool:
        posts = [post(**(upwards if n % 2 else downwards)) for n in range(1, 65)]
        list(pool.map(lambda n: pages.add("page", f"INC-{n}", 1, at(n), posts[n - 1]), range(1, 65)))
    assert set(pages.states("page").values()) == {Standing(C.DEGRADED, at(64))}


def test_every_list_is_answered_from_an_index(tmp_path):
    # Asked of SQLite only: PostgreSQL reads a table this small whole, whatever its indexes are.
    database = Database(f"sqlite:///{tmp_path}/klatsch.db")
    metadata.create_all(database.engine, tables=TABLES)
    pages = SqlPublicPages(database)
    pages.add("page", "INC-1", 1, NOON, post())
    with statements() as sent:
        [first] = pages.incidents("page", limit=50)
        pages.incidents("page", limit=50, before=first)
        pages.incidents("page", limit=50, unresolved_only=True)
        pages.incident("page", "INC-1")
        pages.states("page")
    queries = [(statement, parameters) for statement, parameters in sent if statement.startswith("SELECT")]
    assert len(queries) == 9
    with database.read() as connection:
        for statement, parameters in queries:
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert not [step for step in plan if step.startswith("SCAN") or "ORDER BY" in step], (statement, plan)
    database.close()


def test_a_database_that_is_gone_is_store_unavailable(tmp_path):
    pages = SqlPublicPages(Database(f"sqlite:///{tmp_path}/missing/klatsch.db"))
    with pytest.raises(StoreUnavailable):
        pages.states("page")
    with pytest.raises(StoreUnavailable):
        pages.add("page", "INC-1", 1, NOON, post())


CONFIG = Config.model_validate({"title": "Example Cloud", "public_url": "https://status.example.org/"})


async def test_publishing_puts_the_post_on_the_page_and_answers_its_permanent_address(pages):
    page = build("page", CONFIG, pages)
    for attempt in (1, 2):
        address = await page.publish(Attempt("1.4.0", attempt), ref="INC-7", number=1, at=NOON, post=post())
        assert address == "https://status.example.org/incidents/INC-7"
    assert len(pages.incident("page", "INC-7").updates) == 1


async def test_publishing_takes_control_characters_out(pages):
    dirty = post(words="\x1b[31mred\x00\u202e text", title="Slow\nvolumes\x07")
    await build("page", CONFIG, pages).publish(Attempt("1.4.0"), ref="INC-7", number=1, at=NOON, post=dirty)
    found = pages.incident("page", "INC-7")
    assert (found.updates[0].text, found.title) == ("[31mred text", "Slow volumes")


async def test_publishing_keeps_only_the_components_of_this_page(pages):
    config = Config.model_validate({"components": [{"id": "network", "name": "Network"}]})
    said = post(network=C.DEGRADED, internal_rack_7=C.MAJOR_OUTAGE)
    await build("page", config, pages).publish(Attempt("1.4.0"), ref="INC-7", number=1, at=NOON, post=said)
    found = pages.incident("page", "INC-7")
    assert (found.updates[0].components, found.impact) == ({"network": C.DEGRADED}, Impact.MINOR)
    assert pages.states("page") == {"network": Standing(C.DEGRADED, NOON)}


async def test_a_component_that_was_taken_off_the_page_and_is_put_back_is_as_it_was_last_said(pages):
    with_it = Config.model_validate({"components": [{"id": "network", "name": "Network"}]})
    without_it = Config.model_validate({"components": [{"id": "api", "name": "API"}]})
    red = post(network=C.MAJOR_OUTAGE)
    green = post(S.RESOLVED, network=C.OPERATIONAL, internal_rack_7=C.OPERATIONAL)
    await build("page", with_it, pages).publish(Attempt("1"), ref="INC-7", number=1, at=NOON, post=red)
    await build("page", without_it, pages).publish(Attempt("2"), ref="INC-7", number=2, at=at(5), post=green)
    assert pages.states("page") == {"network": Standing(C.OPERATIONAL, at(5))}


async def test_a_text_too_long_for_the_page_is_rejected_and_a_long_title_is_cut(pages):
    page = build("page", CONFIG, pages)
    with pytest.raises(Rejected, match="5001 characters"):
        await page.publish(Attempt("1.4.0"), ref="INC-7", number=1, at=NOON, post=post(words="x" * 5001))
    await page.publish(Attempt("1.5.0"), ref="INC-7", number=2, at=NOON, post=post(title="x" * 300))
    assert pages.incident("page", "INC-7").title == f"{'x' * 254}…"


async def test_a_database_that_is_gone_is_tried_again(tmp_path):
    page = build("page", CONFIG, SqlPublicPages(Database(f"sqlite:///{tmp_path}/missing/klatsch.db")))
    with pytest.raises(Unavailable, match="status page's tables"):
        await page.publish(Attempt("1.4.0"), ref="INC-7", number=1, at=NOON, post=post())


class SlowPages:
    """Tables that answer when they are told to."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    def add(self, page, ref, number, at, post) -> None:
        assert self.may_answer.wait(10), "the loop stood still"


async def test_posting_does_not_block_the_loop():
    slow = SlowPages()
    page = build("page", CONFIG, slow)
    posting = asyncio.create_task(page.publish(Attempt("1"), ref="INC-7", number=1, at=NOON, post=post()))
    await asyncio.sleep(0)
    slow.may_answer.set()
    assert await posting == "https://status.example.org/incidents/INC-7"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"listen": "8081"}, "no host:port"),
        ({"listen": "localhost:99999"}, "no host:port"),
        ({"public_url": "status.example.org"}, "no address"),
        ({"public_url": "https://status.example.org/?a=b"}, "no address"),
        ({"zone": "Mars/Olympus"}, "no time zone"),
        ({"zone": "../../etc/passwd"}, "no time zone"),
        ({"components": [{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]}, "two components have the id 'a'"),
        ({"components": [{"id": "group:a", "name": "A"}]}, "should match pattern"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be_are_named(block, said):
    with pytest.raises(ValueError, match=said):
        Config.model_validate(block)


@pytest.mark.parametrize(
    ("block", "address"),
    [
        ({}, "http://127.0.0.1:8081"),
        ({"listen": "[::1]:80"}, "http://[::1]:80"),
        ({"listen": "0.0.0.0:8081"}, "http://localhost:8081"),
        ({"public_url": "https://example.org/status/"}, "https://example.org/status"),
    ],
)
def test_addresses_begin_with_what_customers_can_reach(block, address):
    assert Config.model_validate(block).address == address
