"""One suite for every way to wake somebody, and below it what only one of them promises."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.http import Http
from adapters.registry import PAGERS
from bot.answering import Settles
from bot.ports import Attempt, DeliveryError, PageMessage, Rejected, Unavailable
from tests.clock import START
from tests.contract.pagers import CASES, STANDING
from tests.contract.paging import IMPATIENT, OPTIONS, PATIENT, PHONE, SECRET, TOPIC, USER_KEY, Case, ana
from tests.contract.servers.http import Answer, HttpServer
from tests.servers.processes import free_port

FIRST = Attempt("7.12.0")
AGAIN = Attempt("7.12.0", 2)
ACK = "https://klatsch.example.org/ack/t0ken"
ROOM = "https://chat.example.org/rooms/inc-7"
RUNBOOK = "https://runbooks.example.org/nova"


def page(**changed: object) -> PageMessage:
    given: dict[str, object] = {
        "person": ana(),
        "key": "7.12.0",
        "ref": "INC-7",
        "title": "nova API is down",
        "text": "Zwei von drei Servern antworten nicht: föö\nsince 10:04",
        "severity": "sev1",
        "ack_url": ACK,
        "room_url": ROOM,
        "opened_at": START,
        **changed,
    }
    given.setdefault("headline", f"{str(given['severity']).upper()} {given['ref']}: {given['title']}")
    return PageMessage(**given)


@pytest.fixture(scope="module", autouse=True)
def asked_before() -> None:
    """The first request of a process loads half a library, which takes longer than anybody impatient waits."""

    async def ask() -> None:
        async with HttpServer(lambda request: Answer()) as server, Http(trust_env=False) as http:
            await http.request("GET", server.url, provider="phones")

    asyncio.run(ask())


@pytest.fixture(params=sorted(CASES))
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    async with CASES[request.param]() as case:
        yield case


@pytest.fixture(params=sorted(name for name, kind in CASES.items() if kind.marked))
async def marked(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """One whose pages say which page they are."""
    async with CASES[request.param]() as case:
        yield case


@pytest.fixture(params=sorted(name for name, kind in CASES.items() if kind.marked and name not in STANDING))
async def passing(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """One whose pages are each by itself."""
    async with CASES[request.param]() as case:
        yield case


@pytest.fixture(params=sorted(name for name, kind in CASES.items() if kind.text_limit > 500))
async def roomy(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """One that has room for more than some sentences; what the others leave out is tested where they are."""
    async with CASES[request.param]() as case:
        yield case


@pytest.fixture(params=sorted(name for name, kind in CASES.items() if kind.address_key))
async def personal(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """One that reaches each person at an address of their own."""
    async with CASES[request.param]() as case:
        yield case


async def failure(case: Case, message: PageMessage | None = None, **given: object) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await case.pager(**given).trigger(FIRST, message or page())
    return caught.value


async def hung(case: Case) -> DeliveryError:
    """A try that the server leaves without an answer. One that was over before the server heard of it is made again, by somebody
    who is more patient."""
    patience = IMPATIENT
    while True:
        error = await failure(case, patience=patience)
        for _ in range(20):
            # What was sent at the last moment is read.
            await asyncio.sleep(0)
        if not case.ordered() or patience > PATIENT:
            return error
        patience *= 2


def test_every_pager_is_in_this_suite() -> None:
    assert {name.split()[0] for name in CASES} == set(PAGERS)


async def test_a_page_arrives_and_says_whom_what_and_how_to_acknowledge(case: Case) -> None:
    receipt = await case.pager().trigger(FIRST, page())

    (arrived,) = case.arrived()
    assert receipt
    assert arrived.to == case.here
    assert all(word in arrived.title for word in ("SEV1", "INC-7", "nova API is down"))
    assert "Zwei von drei Servern antworten nicht: föö\nsince 10:04" in arrived.text
    assert arrived.links == ({ACK, ROOM} if case.shows_links else set())


async def test_the_runbook_is_one_tap_away(case: Case) -> None:
    await case.pager().trigger(FIRST, page(runbook_url=RUNBOOK))
    (arrived,) = case.arrived()
    assert arrived.links == ({ACK, ROOM, RUNBOOK} if case.shows_links else set())


async def test_a_page_that_is_tried_again_stays_the_same_when_its_incident_is_renamed(marked: Case) -> None:
    await marked.pager().trigger(FIRST, page())
    await marked.pager().trigger(AGAIN, page(title="nova and cinder are down", severity="sev2"))
    one, other = marked.arrived()
    assert one.same == other.same


async def test_without_a_public_address_the_page_says_how_to_acknowledge_in_chat_and_terminal(case: Case) -> None:
    await case.pager().trigger(FIRST, page(ack_url="", room_url=""))

    (arrived,) = case.arrived()
    assert arrived.links == set()
    assert 'type "ack INC-7" to the bot in chat, or run: klatsch say "ack INC-7"' in arrived.text


async def test_the_same_page_twice_is_marked_as_the_same(marked: Case) -> None:
    pager = marked.pager()
    await pager.trigger(FIRST, page())
    await pager.trigger(AGAIN, page())

    first, again = marked.arrived()
    assert first.same == again.same


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (Attempt("7.13.0"), page(key="7.13.0")),
        (FIRST, page(ack_url="https://staging.example.org/ack/t0ken")),
        (FIRST, page(opened_at=START + timedelta(days=1))),
    ],
    ids=["another page", "another installation", "the same key after a fresh start"],
)
async def test_different_pages_are_never_taken_for_the_same(
    attempt: Attempt, message: PageMessage, marked: Case
) -> None:
    pager = marked.pager()
    await pager.trigger(FIRST, page())
    await pager.trigger(attempt, message)

    first, second = marked.arrived()
    assert first.same != second.same


async def test_a_person_who_is_paged_again_sees_another_page(passing: Case) -> None:
    pager = passing.pager()
    await pager.trigger(FIRST, page())
    await pager.trigger(Attempt("7.13.0"), page())

    first, second = passing.arrived()
    assert first.same != second.same


@pytest.mark.parametrize("type", sorted(STANDING))
async def test_where_a_page_stays_open_its_end_is_told(type: str) -> None:
    async with CASES[type]() as case:
        assert isinstance(case.pager(), Settles)
    assert PAGERS[type].settles


async def test_a_lost_answer_is_tried_again_and_the_person_sees_the_same_page(case: Case) -> None:
    case.order("drop_after_doing")
    pager = case.pager()
    with pytest.raises(Unavailable):
        await pager.trigger(FIRST, page())
    await pager.trigger(AGAIN, page())

    first, again = case.arrived()
    assert first.same == again.same


@pytest.mark.parametrize("trouble", ["refuse_for_now", "hang", "drop"])
async def test_what_may_pass_is_unavailable_and_the_next_try_arrives(trouble: str, case: Case) -> None:
    case.order(trouble)
    error = await (hung(case) if trouble == "hang" else failure(case))
    assert isinstance(error, Unavailable)
    assert error.reason.startswith("phones: ")
    assert case.arrived() == []

    await case.pager().trigger(AGAIN, page())
    assert len(case.arrived()) == 1


async def test_nobody_listening_is_unavailable(case: Case) -> None:
    assert isinstance(await failure(case, port=free_port()), Unavailable)


async def test_a_refusal_is_rejected(case: Case) -> None:
    case.order("refuse")
    error = await failure(case)
    assert isinstance(error, Rejected)
    assert error.reason.startswith("phones: ")


async def test_a_wrong_secret_is_rejected_and_the_key_to_check_is_named(case: Case) -> None:
    error = await failure(case, token="wr0ng-secret")
    assert isinstance(error, Rejected)
    assert f"check {case.secret_key}" in error.reason
    assert "wr0ng" not in error.reason


@pytest.mark.parametrize("trouble", ["refuse_for_now", "refuse"])
async def test_no_secret_is_in_an_error_a_log_or_a_repr(
    trouble: str, case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    """The server quotes everything it was given."""
    caplog.set_level(logging.INFO)
    case.order(trouble)
    error = await failure(case)
    told = f"{error.reason} {error!r} {caplog.text} {case.pager()!r}"
    assert "•••" in error.reason
    secrets = (SECRET, TOPIC, USER_KEY, PHONE.replace(" ", ""), "t0ken")
    assert [word for word in secrets if word in told] == []


async def test_a_person_without_an_address_is_rejected_and_the_key_to_set_is_named(personal: Case) -> None:
    error = await failure(personal, page(person=ana(email="", options={})))
    assert isinstance(error, Rejected)
    assert f"set {personal.address_key}" in error.reason
    assert personal.arrived() == []


@pytest.mark.parametrize(
    "address", ["a b", "x" * 300, "../x", "ana@example.org\nRCPT TO:<eve@example.org>", "ä@b", "@"]
)
async def test_an_address_that_is_none_is_rejected_unseen(address: str, personal: Case) -> None:
    error = await failure(personal, page(person=ana(email=address, options=dict.fromkeys(OPTIONS, address))))
    assert isinstance(error, Rejected)
    assert f"{personal.address_key} is no" in error.reason
    assert address not in error.reason
    assert personal.arrived() == []


EVIL = "down\r\nBcc: eve@example.org\r\n\r\n\x1b[31m<script>alert(1)</script>\x00\u202e\u2028tail\ud800"


async def test_what_a_title_smuggles_is_harmless(case: Case) -> None:
    await case.pager().trigger(FIRST, page(title=EVIL, text=EVIL, person=ana(name=f"Ana {EVIL}")))

    (arrived,) = case.arrived()
    assert arrived.to == case.here
    assert "INC-7: down Bcc: eve@example.org [31m<script>alert(1)</script> tail" in arrived.title
    assert not {"\r", "\x1b", "\x00", "\u202e", "\ud800"} & set(arrived.title + arrived.text)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x/\r\nBcc: eve", 'https://x/"><script>', "ftp://x", "x"]
)
async def test_an_address_that_is_no_web_address_is_no_link(url: str, case: Case) -> None:
    await case.pager().trigger(FIRST, page(ack_url=url, room_url=url))

    (arrived,) = case.arrived()
    assert arrived.links == set()
    assert 'type "ack INC-7"' in arrived.text


@pytest.mark.parametrize("text", ["x" * 10_000, "ü€🔥" * 3_334], ids=["ASCII", "several bytes a character"])
@pytest.mark.parametrize("ack_url", [ACK, ""], ids=["with a link", "without"])
async def test_a_text_of_ten_thousand_characters_is_cut_between_two_characters(
    ack_url: str, text: str, roomy: Case
) -> None:
    await roomy.pager().trigger(FIRST, page(text=text, title="y" * 10_000, ack_url=ack_url))

    (arrived,) = roomy.arrived()
    kept = max(arrived.text.split("\n"), key=len)
    assert kept.endswith("…")
    assert text.startswith(kept[:-1])
    assert roomy.text_limit - 250 < len(kept.encode()) <= roomy.text_limit
    assert len(arrived.title) <= 210
    assert ack_url or "klatsch say" in arrived.text


async def test_a_page_without_text_and_of_a_severity_nobody_knows_arrives(case: Case) -> None:
    await case.pager().trigger(FIRST, page(text="", severity="sev0"))
    (arrived,) = case.arrived()
    assert "SEV0" in arrived.title
    assert arrived.text
