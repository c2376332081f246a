"""What every chat platform promises (`bot.ports.ChatPlatform`), checked on each of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from bot.chat import document as d
from bot.ports import Attempt, Rejected, RoomLink, RoomRef
from tests.contract.chat_harness import HARNESSES, Harness

BLOCKS = {
    "heading": d.Heading(d.line("seen"), level=1),
    "paragraph": d.Paragraph((d.Text("seen", bold=True), d.Text(" italic", italic=True), d.Text("code", code=True))),
    "bullets": d.Bullets((d.line("seen"), d.line("two"))),
    "numbers": d.Bullets((d.line("seen"), d.line("two")), ordered=True),
    "fields": d.Fields((("Lead", d.line("seen")), ("Since", d.line("02:14 UTC")))),
    "code": d.Code("seen\n  twice"),
    "quote": d.Quote(d.line("seen")),
    "divider": d.Divider(),
    "buttons": d.Buttons((d.Button("Resolve", "resolve", "primary"), d.Button("Cancel", "cancel", "danger"))),
    "link": d.Paragraph((d.Link("seen", "https://example.org/?a=1&b=2"),)),
    "mention": d.Paragraph((d.Text("seen "), d.Mention("ana", "Ana Ruiz"))),
    "time": d.Paragraph((d.Text("seen "), d.Time(datetime(2026, 11, 22, 2, 14, tzinfo=UTC), "02:14 UTC"))),
    "nothing": d.Paragraph(()),
}


@pytest.fixture(params=sorted(HARNESSES))
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    async with HARNESSES[request.param](tmp_path, request.getfixturevalue) as harness:
        yield harness


@pytest.fixture
def attempts() -> Iterator[Attempt]:
    """A new effect each time."""
    return (Attempt(f"effect-{number}") for number in count())


@pytest.fixture
async def room(chat: Harness, attempts: Iterator[Attempt]) -> str:
    return (await open_inc_7(chat, next(attempts))).id


async def open_inc_7(chat: Harness, attempt: Attempt, *, private: bool = False) -> RoomRef:
    return await chat.platform.open_room(
        attempt, mark="inc-7", name="inc-7-ceph", topic="INC-7 SEV1 Ceph OSDs flapping", private=private
    )


async def test_the_same_mark_twice_opens_one_room(chat, attempts):
    first = await open_inc_7(chat, next(attempts))
    rooms = await chat.rooms()
    again = await open_inc_7(chat, Attempt(next(attempts).key, number=2))
    assert again.id == first.id
    assert await chat.rooms() == rooms


async def test_two_marks_open_two_rooms(chat, attempts):
    seven = await open_inc_7(chat, next(attempts))
    other = await chat.platform.open_room(next(attempts), mark="inc-70", name="inc-70", topic="INC-70", private=False)
    assert other.id != seven.id


async def test_one_mark_asked_for_at_the_same_time_opens_one_room(chat, attempts):
    refs = await asyncio.gather(*(open_inc_7(chat, next(attempts)) for _ in range(5)))
    assert len({ref.id for ref in refs}) == 1


async def test_a_room_is_found_again_after_it_was_archived(chat, attempts, room):
    await chat.platform.archive(next(attempts), room)
    assert (await open_inc_7(chat, next(attempts))).id == room


async def test_what_is_said_can_be_read(chat, attempts, room):
    message = await chat.platform.say(next(attempts), room, d.say("osd.17 is down"))
    (seen,) = await chat.messages(room)
    assert seen.id == message
    assert "osd.17 is down" in seen.text


async def test_the_same_key_says_it_once(chat, room):
    first = await chat.platform.say(Attempt("7.3.0"), room, d.say("paging Ana"))
    again = await chat.platform.say(Attempt("7.3.0", number=2), room, d.say("paging Ana"))
    assert again == first
    assert len(await chat.messages(room)) == 1


async def test_the_same_key_at_the_same_time_says_it_once(chat, room):
    said = await asyncio.gather(*(chat.platform.say(Attempt("7.3.0", n), room, d.say("paging")) for n in (1, 2, 3)))
    assert len(set(said)) == 1
    assert len(await chat.messages(room)) == 1


async def test_the_same_words_under_two_keys_are_two_messages(chat, attempts, room):
    first = await chat.platform.say(next(attempts), room, d.say("still looking"))
    second = await chat.platform.say(next(attempts), room, d.say("still looking"))
    assert first != second
    assert [seen.id for seen in await chat.messages(room)] == [first, second]


async def test_an_edit_changes_what_is_read(chat, attempts, room):
    message = await chat.platform.say(next(attempts), room, d.say("3 alerts firing"))
    await chat.platform.edit(next(attempts), room, message, d.say("all clear"))
    (seen,) = await chat.messages(room)
    assert seen.id == message
    assert "all clear" in seen.text
    assert "3 alerts" not in seen.text


async def test_an_answer_is_in_its_thread(chat, attempts, room):
    card = await chat.platform.say(next(attempts), room, d.say("card"))
    await chat.platform.say(next(attempts), room, d.say("Ana acknowledged"), thread=card)
    assert [seen.thread for seen in await chat.messages(room)] == ["", card]


async def test_pinning_twice_pins_once(chat, attempts, room):
    message = await chat.platform.say(next(attempts), room, d.say("card"))
    await chat.platform.pin(next(attempts), room, message)
    await chat.platform.pin(next(attempts), room, message)
    assert await chat.pinned(room) == [message]


async def test_inviting_twice_is_no_error_and_one_membership(chat, attempts, room):
    await chat.platform.invite(next(attempts), room, [chat.person("ana", "Ana Ruiz")])
    await chat.platform.invite(next(attempts), room, [chat.person("ana", "Ana Ruiz"), chat.person("ben", "Ben Okafor")])
    assert sorted(await chat.members(room)) == ["ana", "ben"]


async def test_a_room_begins_with_its_topic_and_gets_another(chat, attempts, room):
    assert await chat.topic(room) == "INC-7 SEV1 Ceph OSDs flapping"
    await chat.platform.set_topic(next(attempts), room, "INC-7 SEV2 monitoring")
    assert await chat.topic(room) == "INC-7 SEV2 monitoring"


RUNBOOK = RoomLink("Runbook", "https://wiki.example.org/osd?a=1&b=(2)")
DASHBOARD = RoomLink("Dashboard", "https://graphs.example.org/d/1")
STATUS = RoomLink("Status page", "https://status.example.org/incidents/INC-7")


async def test_a_room_shows_the_links_it_was_given_last_in_their_order_and_each_once(chat, attempts, room):
    if await chat.links(room) is None:
        # It takes them all the same, and nothing comes of it.
        await chat.platform.set_links(next(attempts), room, [RUNBOOK])
        assert await chat.messages(room) == []
        return
    given = (
        [RUNBOOK],
        [RUNBOOK],
        [RUNBOOK, DASHBOARD],
        [STATUS, RUNBOOK, DASHBOARD],
        [DASHBOARD, RoomLink("Status page", f"{STATUS.url}?new")],
        [RoomLink("Graphs", DASHBOARD.url)],
        [],
        [],
        [STATUS],
    )
    for links in given:
        await chat.platform.set_links(next(attempts), room, links)
        assert await chat.links(room) == [(link.title, link.url) for link in links]
    await chat.restart()
    assert await chat.links(room) == [(STATUS.title, STATUS.url)]
    await chat.platform.set_links(next(attempts), room, [RUNBOOK])
    assert await chat.links(room) == [(RUNBOOK.title, RUNBOOK.url)]


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "wiki", "", "https://"]
)
async def test_what_is_no_address_of_the_web_is_no_link_of_a_room(chat, attempts, room, bad):
    await chat.platform.set_links(next(attempts), room, [RoomLink("Runbook", bad), STATUS])
    assert await chat.links(room) in (None, [(STATUS.title, STATUS.url)])


async def test_a_long_title_of_a_link_is_cut_and_not_refused(chat, attempts, room):
    await chat.platform.set_links(next(attempts), room, [RoomLink("Runbook\n" + "x" * 500, RUNBOOK.url)])
    for title, url in await chat.links(room) or ():
        assert title.startswith("Runbook x")
        assert url == RUNBOOK.url


async def test_an_archived_room_gets_no_other_links(chat, attempts, room):
    await chat.platform.set_links(next(attempts), room, [RUNBOOK])
    before = await chat.links(room)
    await chat.platform.archive(next(attempts), room)
    if before is not None:
        with pytest.raises(Rejected):
            await chat.platform.set_links(next(attempts), room, [STATUS])
    assert await chat.links(room) == before


async def test_a_private_room_is_read_by_those_who_were_invited_alone(chat, attempts):
    opened = await open_inc_7(chat, next(attempts), private=True)
    room = opened.id
    await chat.platform.invite(next(attempts), room, [chat.person("ana", "Ana Ruiz")])
    assert opened.private
    assert await chat.may_read(room, "ana")
    assert not await chat.may_read(room, chat.stranger)


async def test_a_room_that_is_not_private_can_be_read_by_everybody(chat, room):
    assert await chat.may_read(room, chat.stranger)


@pytest.mark.parametrize("private", [True, False])
async def test_a_room_that_was_there_says_how_it_is_and_not_how_it_was_asked_for(chat, attempts, private):
    await open_inc_7(chat, next(attempts), private=private)
    found = await open_inc_7(chat, next(attempts), private=not private)
    assert found.private is private
    assert await chat.may_read(found.id, chat.stranger) is not private


async def test_an_archived_room_refuses_every_change_and_can_be_read(chat, attempts, room):
    message = await chat.platform.say(next(attempts), room, d.say("resolved"))
    await chat.platform.archive(next(attempts), room)
    for change in (
        chat.platform.say(next(attempts), room, d.say("late")),
        chat.platform.edit(next(attempts), room, message, d.say("late")),
        chat.platform.pin(next(attempts), room, message),
        chat.platform.invite(next(attempts), room, [chat.person("ana", "Ana Ruiz")]),
        chat.platform.set_topic(next(attempts), room, "late"),
    ):
        with pytest.raises(Rejected):
            await change
    assert [seen.id for seen in await chat.messages(room)] == [message]


async def test_archiving_twice_is_no_error(chat, attempts, room):
    await chat.platform.archive(next(attempts), room)
    await chat.platform.archive(next(attempts), room)
    with pytest.raises(Rejected):
        await chat.platform.say(next(attempts), room, d.say("late"))


async def test_what_was_said_before_the_room_was_archived_is_not_refused_when_asked_again(chat, attempts, room):
    first = await chat.platform.say(Attempt("7.9.0"), room, d.say("resolved"))
    await chat.platform.archive(next(attempts), room)
    assert await chat.platform.say(Attempt("7.9.0", number=2), room, d.say("resolved")) == first


async def test_an_unknown_room_is_rejected_by_every_method(chat, attempts):
    platform = chat.platform
    for change in (
        platform.say(next(attempts), "nowhere", d.say("hello")),
        platform.edit(next(attempts), "nowhere", "nothing", d.say("hello")),
        platform.pin(next(attempts), "nowhere", "nothing"),
        platform.invite(next(attempts), "nowhere", [chat.person("ana", "Ana Ruiz")]),
        platform.set_topic(next(attempts), "nowhere", "topic"),
        platform.archive(next(attempts), "nowhere"),
    ):
        with pytest.raises(Rejected) as refused:
            await change
        assert "nowhere" in refused.value.reason


async def test_an_unknown_message_is_rejected(chat, attempts, room):
    with pytest.raises(Rejected):
        await chat.platform.edit(next(attempts), room, "nothing", d.say("hello"))
    with pytest.raises(Rejected):
        await chat.platform.pin(next(attempts), room, "nothing")
    with pytest.raises(Rejected):
        await chat.platform.say(next(attempts), room, d.say("hello"), thread="nothing")


async def test_a_restart_in_between_loses_nothing(chat, attempts, room):
    card = await chat.platform.say(Attempt("7.1.2"), room, d.say("first card"))
    await chat.platform.pin(next(attempts), room, card)
    await chat.platform.edit(next(attempts), room, card, d.say("second card"))
    note = await chat.platform.say(next(attempts), room, d.say("note"), thread=card)
    await chat.platform.invite(next(attempts), room, [chat.person("ana", "Ana Ruiz")])
    await chat.platform.set_topic(next(attempts), room, "INC-7 SEV2")
    before = await chat.messages(room)

    await chat.restart()

    assert (await open_inc_7(chat, next(attempts))).id == room
    assert await chat.platform.say(Attempt("7.1.2", number=2), room, d.say("first card")) == card
    assert await chat.messages(room) == before
    assert [seen.id for seen in before] == [card, note]
    assert await chat.pinned(room) == [card]
    assert await chat.members(room) == ["ana"]
    assert await chat.topic(room) == "INC-7 SEV2"


async def test_an_archived_room_is_archived_after_a_restart(chat, attempts, room):
    await chat.platform.archive(next(attempts), room)
    await chat.restart()
    with pytest.raises(Rejected):
        await chat.platform.say(next(attempts), room, d.say("late"))


async def test_an_announcement_can_be_made_at_once(chat, attempts):
    message = await chat.platform.say(next(attempts), chat.platform.announce_room, d.say("INC-7 SEV1 Ceph"))
    assert message in [seen.id for seen in await chat.messages(chat.platform.announce_room)]


@pytest.mark.parametrize("kind", sorted(BLOCKS))
async def test_every_block_is_taken(chat, attempts, room, kind):
    document = d.Document(summary="seen in the summary", blocks=(BLOCKS[kind],), tone="warning")
    message = await chat.platform.say(next(attempts), room, document)
    await chat.platform.edit(next(attempts), room, message, d.Document(summary="seen", blocks=(*document.blocks,) * 2))
    (seen,) = await chat.messages(room)
    assert seen.id == message
    assert seen.text


async def test_a_document_without_blocks_says_its_summary(chat, attempts, room):
    await chat.platform.say(next(attempts), room, d.Document(summary="only this"))
    (seen,) = await chat.messages(room)
    assert seen.text == "only this"


@pytest.mark.parametrize("make", [d.say, lambda text: d.Document("long", (d.Code(text),))], ids=["paragraph", "code"])
async def test_64_kb_of_text_is_cut_and_not_refused(chat, attempts, room, make):
    text = "".join(f"{number:07} ä\n" for number in range(6_000))
    message = await chat.platform.say(next(attempts), room, make(text))
    await chat.platform.edit(next(attempts), room, message, make(text))
    (seen,) = await chat.messages(room)
    assert "0000000 ä" in seen.text
    assert "0005999" not in seen.text
    assert "cut" in seen.text


async def test_names_and_topics_that_are_too_long_are_cut_and_not_refused(chat, attempts):
    ref = await chat.platform.open_room(
        next(attempts), mark="inc-8", name="inc-8-" + "x" * 500, topic="INC-8 " + "y" * 5_000, private=False
    )
    await chat.platform.set_topic(next(attempts), ref.id, "INC-8 " + "z" * 5_000)
    assert (await chat.topic(ref.id)).startswith("INC-8 zzz")


async def test_many_messages_at_once_keep_their_order(chat, attempts, room):
    lines = [f"line {number:02}" for number in range(chat.many)]
    ids = await asyncio.gather(*(chat.platform.say(next(attempts), room, d.say(line)) for line in lines))
    seen = await chat.messages(room)
    assert [message.id for message in seen] == ids
    assert [message.text for message in seen] == lines


async def test_what_was_attached_is_fetched_byte_for_byte_up_to_a_limit(chat):
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    place = await chat.attached(content)
    if place is None:
        pytest.skip("nothing can be attached there")
    assert await chat.platform.fetch(place, len(content)) == content
    with pytest.raises(Rejected, match=r"it is larger than 5\.1 kB"):
        await chat.platform.fetch(place, len(content) - 1)
    await chat.purge(place)
    with pytest.raises(Rejected, match="any more"):
        await chat.platform.fetch(place, 10)


@pytest.mark.parametrize(
    "place",
    [
        "",
        "nowhere",
        "mxc://example.org/../../client/v3/account/whoami",
        "mxc://../x",
        "https://example.org/x",
        "{}",
        "mxc:",
    ],
)
async def test_a_place_that_is_none_is_rejected(chat, place):
    with pytest.raises(Rejected):
        await chat.platform.fetch(place, 1_000)
