"""What a text message and a call say, and how much of it there may be."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from adapters.paging.twilio.answers import ACK as SAYS_ACK
from adapters.paging.twilio.sms import body, fitted, is_gsm, plain, reply, size
from adapters.paging.twilio.voice import PROMPT, TWIML, again_twiml, key_url, message_twiml, page_twiml
from tests.contract.test_pagers import ACK, ROOM, RUNBOOK, page

GSM_MOST, UCS_MOST = 306, 134
LONG_ACK = "https://klatsch.operations.example.org/ack/" + "t" * 60
HOW = 'To acknowledge, type "ack INC-7" to the bot in chat, or run: klatsch say "ack INC-7"'


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", 0),
        ("nova API is down", 16),
        ("föö ß Ä é à ñ § ¿", 17),
        ("[az1] 10^3 {x} ~ | \\ €", 31),
        ("ê", 1),
        ("Сервер", 6),
        ("🔥", 2),
        ("x🔥", 3),
    ],
)
def test_a_text_takes_the_places_of_its_alphabet(text: str, places: int) -> None:
    assert size(text) == places


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("“Ceph” – it’s down…", '"Ceph" - it\'s down...'),
        ("🔥 disk\u00a0full ⚠️ now", " disk full  now"),
        ("Crème brûlée à Łódź", "Crème brulée à Łodz"),
        ("45 °C → 50 µs ≥ 3×", "45  deg C -> 50 us >= 3x"),
        ("Сервер недоступен", "Сервер недоступен"),
        ("हिन्दी", "हिन्दी"),
        ("ok €5 [x]", "ok €5 [x]"),
    ],
)
def test_what_has_a_plain_twin_is_said_by_it(text: str, said: str) -> None:
    assert plain(text) == said


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("x" * 30, 30, "x" * 30),
        ("x" * 31, 30, "x" * 27 + "..."),
        ("[" * 31, 30, "[" * 13 + "..."),
        ("я" * 31, 30, "я" * 29 + "…"),
        ("🔥" * 31, 30, "🔥" * 14 + "…"),
        ("words and more words and more", 25, "words and more words a..."),
        ("words and more words and more", 19, ""),
        ("words", -3, ""),
        ("", -3, ""),
    ],
)
def test_a_text_is_cut_to_its_places(text: str, room: int, cut: str) -> None:
    assert fitted(text, room) == cut
    assert size(cut) <= max(room, 0)


def said(*, replies: bool = False, **changed: Any) -> list[str]:
    return body(page(**changed), replies=replies).split("\n")


def test_a_message_says_what_it_is_how_to_answer_and_where_to_look() -> None:
    assert said(replies=True, text="osd.3 is down", runbook_url=RUNBOOK) == [
        "SEV1 INC-7: nova API is down",
        "osd.3 is down",
        'Reply "ack 7" to acknowledge',
        ACK,
        ROOM,
        RUNBOOK,
    ]


@pytest.mark.parametrize(
    ("ack", "replies", "how"),
    [(ACK, False, [ACK]), ("", False, [HOW]), ("", True, ['Reply "ack 7" to acknowledge'])],
    ids=["link", "neither", "reply"],
)
def test_it_says_only_ways_to_answer_that_there_are(ack: str, replies: bool, how: list[str]) -> None:
    assert said(replies=replies, text="", ack_url=ack, room_url="") == ["SEV1 INC-7: nova API is down", *how]


@pytest.mark.parametrize("replies", [True, False])
@pytest.mark.parametrize("title", ["nova API is down", "y" * 300])
def test_a_long_text_is_cut_and_the_way_to_answer_stays_whole(title: str, replies: bool) -> None:
    text = body(page(text="x" * 10_000, title=title, ack_url=LONG_ACK, runbook_url=RUNBOOK), replies=replies)
    assert GSM_MOST - 3 <= size(text) <= GSM_MOST
    assert is_gsm(text)
    assert "xxx...\n" in text
    assert text.endswith(f"\n{LONG_ACK}")
    assert ('Reply "ack 7"' in text) is replies


def test_another_script_has_less_room_and_is_cut_sooner() -> None:
    text = body(page(title="Том не отвечает", text="Сервер недоступен. " * 20), replies=False)
    assert not is_gsm(text)
    assert UCS_MOST - 20 <= size(text) <= UCS_MOST
    assert text.startswith("SEV1 INC-7: Том не отвечает\nСервер недоступен.")
    assert text.endswith(f"…\n{ACK}")


def test_a_headline_of_another_script_leaves_room_for_the_link() -> None:
    text = body(page(title="Том не отвечает " * 30, text="", room_url=""), replies=True)
    first, how, ack = text.split("\n")
    assert (len(first), first[-1]) == (60, "…")
    assert (how, ack) == ('Reply "ack 7" to acknowledge', ACK)


def test_what_does_not_fit_is_left_out_whole() -> None:
    room = "https://chat.example.org/rooms/" + "r" * 200
    assert said(text="osd.3 is down", room_url=room, runbook_url=RUNBOOK)[2:] == [ACK, RUNBOOK]
    assert said(text="x" * 215, runbook_url=RUNBOOK)[2:] == [ACK]


def test_a_reply_fits_into_two_segments() -> None:
    assert reply("You have INC-7; nobody else is woken.") == "You have INC-7; nobody else is woken."
    assert size(reply("x" * 1000)) == GSM_MOST
    assert size(reply("я" * 1000)) == UCS_MOST


def heard(twiml: str) -> list[str]:
    return [say.text or "" for say in ElementTree.fromstring(twiml).iter("Say")]


def test_a_call_says_it_twice_and_asks_for_a_key() -> None:
    url = key_url("https://klatsch.example.org/paging/voice", "t0ken", page())
    first, again, last = heard(page_twiml(page(text="osd.3 is down"), url))
    assert first == again == f"SEV1 INC-7: nova API is down.\nosd.3 is down\n{PROMPT}"
    assert last == "No key was pressed. Goodbye."
    assert url == ("https://klatsch.example.org/paging/voice/key?token=t0ken&said=SEV1+INC-7%3A+nova+API+is+down")


def test_a_call_that_cannot_be_answered_says_what_to_type() -> None:
    twiml = page_twiml(page(text=""), "")
    assert heard(twiml) == [f"SEV1 INC-7: nova API is down.\n{HOW}"] * 2
    assert "Gather" not in twiml


@pytest.mark.parametrize("filling", ["x", "&", "🔥", "<", '"'])
def test_a_call_is_never_longer_than_twilio_takes(filling: str) -> None:
    long = page(title=filling * 10_000, text=filling * 10_000)
    twiml = page_twiml(long, key_url("https://klatsch.example.org/paging/voice", "t" * 100, long))
    assert 1000 < len(twiml) <= TWIML
    assert heard(twiml)[0].startswith("SEV1 INC-7: ")
    assert heard(twiml)[0].endswith(PROMPT)


def test_half_a_minute_is_read_aloud_of_a_long_text() -> None:
    (first, *_) = heard(page_twiml(page(text="osd.3 is down. " * 100), "https://klatsch.example.org/k"))
    assert 400 < len(first) < 520


def test_what_is_said_again_is_plain_text() -> None:
    assert heard(again_twiml("<Say>&", "https://a.example.org/?a=1&b=2"))[0] == f"<Say>& {PROMPT}"


def test_nothing_to_say_is_no_message() -> None:
    assert message_twiml("") == "<Response />"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("ack 1", "1"),
        ("ACK 7", "7"),
        ("Ack INC-7.", "7"),
        ("ack #7!", "7"),
        ("ack: inc 12", "12"),
        ("Acknowledged 7", "7"),
        ("ack7", "7"),
        ("ack", None),
        ("Ack!", None),
    ],
)
def test_what_acknowledges(line: str, number: str | None) -> None:
    found = SAYS_ACK.fullmatch(line)
    assert found is not None
    assert found[1] == number


@pytest.mark.parametrize(
    "line", ["", "ok", "ack 1 2", "back 1", "ack inc-", "ack 1234567890", "ack -1 x", "ack " * 400]
)
def test_what_does_not(line: str) -> None:
    assert SAYS_ACK.fullmatch(line) is None
