"""Encrypted rooms on a real homeserver, read and written by people with a client of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from nio.crypto import encrypt_attachment
from nio.crypto.sessions import derive_pickle_key
from vodozemac import Account, Ed25519PublicKey, Ed25519Signature

from adapters.chat.matrix.encryption.rooms import Encryption
from adapters.chat.matrix.homeserver import Homeserver
from bot.chat import document as d
from bot.ports import Attempt, Rejected, Said, Unavailable
from tests.contract.chat_harness import MatrixHarness
from tests.contract.heard import Heard, listening
from tests.servers.sealed_person import SealedPerson, sealed_person
from tests.until import until

ENCRYPTED = "m.room.encryption"


class Town:
    """A bot that encrypts rooms of private incidents, and people whose clients can."""

    def __init__(self, matrix: MatrixHarness, folder: Path, stack: AsyncExitStack) -> None:
        self.matrix = matrix
        self.folder = folder
        self._stack = stack
        self._numbers = count()

    async def begin(self, **more: Any) -> None:
        self.block = {"encryption": "private", "encryption_store": str(self.folder / "keys"), **more}
        await self.matrix.restart(**self.block)

    async def person(self, name: str, device: str = "PHONE") -> SealedPerson:
        account = self.matrix.people[name].account
        if device != account.device_id:
            account = self.matrix.homeserver.login(account.user_id[1:].partition(":")[0], device=device)
        folder = self.folder / f"{name}-{device}"
        return await self._stack.enter_async_context(sealed_person(self.matrix.homeserver.url, account, folder))

    async def room(self, *people: str, private: bool = True, mark: str = "inc-7") -> str:
        ref = await self.matrix.platform.open_room(
            Attempt(f"open-{mark}"), mark=mark, name=f"{mark}-leak", topic="INC-7 Leak", private=private
        )
        await self.matrix.platform.invite(
            Attempt("invite"), ref.id, [self.matrix.person(name, name.title()) for name in people]
        )
        return ref.id

    async def say(self, room: str, text: str, key: str = "") -> str:
        return await self.matrix.platform.say(Attempt(key or f"say-{next(self._numbers)}"), room, d.say(text))

    async def stored(self, room: str) -> list[dict[str, Any]]:
        """The messages as the homeserver has them."""
        events = await self.matrix.bot.events(room)
        return [event for event in events if event["type"] in ("m.room.message", "m.room.encrypted")]


@pytest.fixture
async def town(matrix: MatrixHarness, tmp_path: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        found = Town(matrix, tmp_path, stack)
        await found.begin()
        yield found


def reads(person: SealedPerson, room: str, text: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return text in await person.reads(room)

    return look


def signed(value: dict[str, Any], user: str, by: str, name: str = "") -> bool:
    """Whether the public key `by` signed it. Raises SignatureException."""
    said = {key: what for key, what in value.items() if key not in ("signatures", "unsigned")}
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    signature = Ed25519Signature.from_base64(value["signatures"][user][f"ed25519:{name or by}"])
    Ed25519PublicKey.from_base64(by).verify_signature(text.encode(), signature)
    return True


async def test_a_private_room_is_encrypted_and_read_by_who_is_in_it_and_not_by_the_homeserver(town: Town):
    ana = await town.person("ana")
    room = await town.room("ana")
    assert (await town.matrix.bot.state(room, ENCRYPTED))["algorithm"] == "m.megolm.v1.aes-sha2"
    card = await town.say(room, "the canary of the card")
    await ana.join(room)
    await town.matrix.platform.say(Attempt("note"), room, d.say("the canary of a note"), thread=card)
    await town.matrix.platform.edit(Attempt("edit"), room, card, d.say("the canary of an edit"))
    await until(reads(ana, room, "* the canary of an edit"), "the edit")
    assert await ana.reads(room) == ["the canary of the card", "the canary of a note", "* the canary of an edit"]
    stored = await town.stored(room)
    assert [event["type"] for event in stored] == ["m.room.encrypted"] * 3
    assert stored[1]["content"]["m.relates_to"]["rel_type"] == "m.thread"
    assert stored[2]["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": card}
    assert not town.matrix.homeserver.holds("canary")


async def test_lines_edits_and_reactions_are_heard_and_the_answer_is_read(town: Town):
    ana, heard = await town.person("ana"), Heard()
    room = await town.room("ana")
    await ana.join(room)
    async with listening(town.matrix, heard):
        await ana.say(room, "!incident canary status")
        await until(reads(ana, room, "answer 1: canary status"), "the answer")
        message = await ana.say(room, "canary osd.17 flaps")
        await ana.react(room, message, "📌")
        await until(lambda: heard.reacted_, "the reaction")
        await ana.edit(room, message, "canary osd.18 flaps")
        await until(lambda: heard.edited_, "the edit")
        await ana.react(room, message, "☑️")
        await until(lambda: len(heard.reacted_) == 2, "the second reaction")
    assert heard.lines == ["canary status"]
    assert [on.text for on in heard.reacted_] == ["canary osd.17 flaps", "canary osd.18 flaps"]
    assert [edited.text for edited in heard.edited_] == ["canary osd.18 flaps"]
    assert not town.matrix.homeserver.holds("canary")


async def test_what_was_sent_while_the_bot_was_down_is_read_when_it_is_back(town: Town):
    ana, heard = await town.person("ana"), Heard()
    room = await town.room("ana")
    await ana.join(room)
    async with listening(town.matrix, heard):
        await ana.say(room, "!inc first")
        await until(lambda: heard.lines, "the first line")
    await town.matrix.platform.aclose()
    # A key that the bot has, and one that it has not seen yet.
    await ana.say(room, "!inc second")
    ana.client.invalidate_outbound_session(room)
    await ana.say(room, "!inc third")
    await town.begin()
    async with listening(town.matrix, heard):
        await until(lambda: "third" in heard.lines, "the other lines")
        await until(reads(ana, room, f"answer {len(heard.lines)}: third"), "the answer")
    # The first one may have come once more: the bot stopped when it was hardly over.
    assert [*dict.fromkeys(heard.lines)] == ["first", "second", "third"]


async def test_a_key_is_kept_before_the_place_behind_it(town: Town):
    """The database is away in the moment in which a key came: it comes again, and so does the line it opens."""

    def away(said: Said) -> None:
        raise Unavailable("the database is away")

    ana, heard = await town.person("ana"), Heard(fails=away)
    room = await town.room("ana")
    await ana.join(room)
    task = asyncio.create_task(town.matrix.platform.listen(heard))
    await until(lambda: town.matrix.since(), "the first look")
    await ana.say(room, "!inc status")
    with pytest.raises(Unavailable, match="the database is away"):
        await task
    heard.fails = lambda said: None
    await town.begin()
    async with listening(town.matrix, heard):
        await until(reads(ana, room, "answer 2: status"), "the answer")
    assert heard.lines == ["status", "status"]


async def test_who_comes_later_and_a_new_device_read_all_that_the_bot_says_there(town: Town):
    """The card is there before anybody is; and a person's own words from before are that person's to give."""
    heard, ana = Heard(), await town.person("ana")
    room = await town.room("ana")
    await town.say(room, "the card")
    await ana.join(room)
    await town.begin()
    await town.say(room, "with another key")
    await ana.say(room, "among us")
    ben = await town.person("ben")
    async with listening(town.matrix, heard):
        await ana.client.room_invite(room, ben.user_id)
        await ben.join(room)
        await until(reads(ben, room, "with another key"), "the keys, although nobody says anything")
        tablet = await town.person("ana", "TABLET")
        # That there is a new device comes by the sync.
        await ana.say(room, "!inc status")
        for reader in (ana, ben, tablet):
            await until(reads(reader, room, "answer 1: status"), "the answer")
    assert {"the card", "with another key"} <= {*await ben.reads(room)} & {*await tablet.reads(room)}
    assert "among us" not in await ben.reads(room)


async def test_where_history_is_for_members_alone_who_comes_later_reads_from_then_on(town: Town):
    ana, ben = await town.person("ana"), await town.person("ben")
    room = await town.room("ana")
    await ana.join(room)
    said = {"history_visibility": "joined"}
    await town.matrix.bot.ask("PUT", "rooms", room, "state", "m.room.history_visibility", "", body=said)
    await town.begin()
    await town.say(room, "before")
    await ana.client.room_invite(room, ben.user_id)
    await town.say(room, "while Ben is invited")
    await ben.join(room)
    await town.say(room, "after")
    for reader in (ana, ben):
        await until(reads(reader, room, "after"), "what was said afterwards")
    assert await ben.reads(room) == ["after"]
    # The homeserver gives the others to nobody who was not there; we give no key either.
    stored = [event["content"] for event in await town.stored(room)]
    (session,) = {content["session_id"] for content in stored}
    held = ben.client.olm.inbound_group_store.get(room, stored[0]["sender_key"], session)
    assert held.first_known_index == 2


async def test_who_has_left_gets_no_key_any_more(town: Town):
    ana, ben = await town.person("ana"), await town.person("ben")
    room = await town.room("ana", "ben")
    await ana.join(room)
    await ben.join(room)
    for text in ("one", "two"):
        await town.say(room, text)
    await until(reads(ben, room, "two"), "what was said while Ben was there")
    await ben.leave(room)
    await town.say(room, "three")
    await until(reads(ana, room, "three"), "what was said when Ben had gone")
    first, second, third = [event["content"]["session_id"] for event in await town.stored(room)]
    assert first == second != third
    await ben.look()
    assert third not in {session.id for session in ben.client.olm.inbound_group_store}


async def test_a_key_is_used_as_often_as_the_room_says(town: Town):
    ana = await town.person("ana")
    room = await town.room("ana")
    said = {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 2}
    (await town.matrix.bot.ask("PUT", "rooms", room, "state", ENCRYPTED, "", body=said)).raise_for_status()
    await ana.join(room)
    await town.begin()
    for number in range(5):
        await town.say(room, f"line {number}")
    await until(reads(ana, room, "line 4"), "the last one")
    sessions = [event["content"]["session_id"] for event in await town.stored(room)]
    assert sessions[0] == sessions[1] != sessions[2] == sessions[3] != sessions[4]
    assert await ana.reads(room) == [f"line {number}" for number in range(5)]


async def test_what_is_said_again_after_a_crash_stands_there_once(town: Town):
    ana = await town.person("ana")
    room = await town.room("ana")
    await ana.join(room)
    await town.matrix.platform.aclose()
    # Everybody has the key and the message is sealed; then the process dies.
    config = town.matrix.config(**town.block)
    homeserver = Homeserver("matrix", config)
    died = Encryption("matrix", config, homeserver)
    await (await died.envelope(room)).around({"msgtype": "m.notice", "body": "hello"}, ())
    died.close()
    await homeserver.close()

    await town.begin()
    first = await town.say(room, "hello", "7.1.0")
    # It dies when the message is there, and before it knows that.
    await town.begin()
    assert await town.say(room, "hello", "7.1.0") == first
    await until(reads(ana, room, "hello"), "the message")
    assert [event["event_id"] for event in await town.stored(room)] == [first]
    # Where nothing can be sent any more, what was said is looked for.
    await town.matrix.platform.archive(Attempt("archive"), room)
    assert await town.matrix.platform.say(Attempt("7.1.0", number=2), room, d.say("hello")) == first


async def test_a_bot_that_does_not_encrypt_says_nothing_in_an_encrypted_room(town: Town, caplog: Any):
    ana, heard = await town.person("ana"), Heard()
    room = await town.room("ana")
    await ana.join(room)
    await town.begin(encryption="off")
    with pytest.raises(Rejected, match=r"is encrypted.*Set chat\.matrix\.encryption"):
        await town.say(room, "canary")
    async with listening(town.matrix, heard):
        for _ in range(2):
            await ana.say(room, "!inc canary")
        message = await ana.say(room, "canary osd.17")
        await ana.react(room, message, "📌")
        plain = await town.room("ben", private=False, mark="inc-8")
        await town.matrix.people["ben"].join(plain)
        await town.matrix.people["ben"].say(plain, "!inc status")
        await until(lambda: heard.lines, "the line in the other room")
        # By the next answer of the homeserver all is done that came with this one, whichever room was first.
        await town.matrix.people["ben"].say(plain, "!inc list")
        await until(lambda: len(heard.lines) == 2, "the line after it")
    assert (heard.lines, heard.reacted_) == (["status", "list"], [])
    assert {event["sender"] for event in await town.stored(room)} == {ana.user_id}
    assert not town.matrix.homeserver.holds("canary")
    assert len([record for record in caplog.records if "is not read" in record.getMessage()]) == 1


async def test_a_room_that_others_encrypted_is_written_in_and_heard(town: Town):
    ana, heard = await town.person("ana"), Heard()
    announce = town.matrix.platform.announce_room
    ben = town.matrix.people["ben"]
    room = await ben.join(announce)
    before = await town.say(announce, "in the clear")
    said = {"algorithm": "m.megolm.v1.aes-sha2"}
    (await ben.ask("PUT", "rooms", room, "state", ENCRYPTED, "", body=said)).raise_for_status()
    await ana.join(announce)
    async with listening(town.matrix, heard):
        await town.matrix.platform.edit(Attempt("edit"), announce, before, d.say("canary"))
        await ana.say(room, "!inc canary")
        await until(reads(ana, room, "answer 1: canary"), "the answer")
        assert "* canary" in await ana.reads(room)
        # What the room says of its keys counts from when it says it.
        (await ben.ask("PUT", "rooms", room, "state", ENCRYPTED, "", body={**said, "rotation_period_msgs": 1}))
        await ana.say(room, "!inc again")
        await until(reads(ana, room, "answer 2: again"), "the second answer")
    ours = [event for event in await town.stored(room) if event["sender"] == town.matrix.user_id]
    first, second = [event["content"]["session_id"] for event in ours[-2:]]
    assert first != second
    assert not town.matrix.homeserver.holds("canary")


async def test_a_picture_in_an_encrypted_room_is_fetched_and_opened(town: Town):
    ana, heard, picture = await town.person("ana"), Heard(), b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
    room = await town.room("ana")
    await ana.join(room)
    sealed, keys = encrypt_attachment(picture)
    file = {**keys, "url": await town.matrix.people["ana"].upload(sealed)}
    shown = {"msgtype": "m.image", "body": "graph.png", "info": {"size": len(picture), "mimetype": "image/png"}}
    async with listening(town.matrix, heard):
        for held in (file, {**file, "hashes": {"sha256": "c3Vt"}}, {**file, "key": {"k": "eA"}}):
            message = await ana.send(room, "m.room.message", {**shown, "file": held})
            await ana.react(room, message, "📌")
        await until(lambda: len(heard.reacted_) == 3, "the reactions")
    good, forged, short = [reacted.files[0] for reacted in heard.reacted_]
    assert (good.name, good.media_type, good.size) == ("graph.png", "image/png", len(picture))
    assert await town.matrix.platform.fetch(good.place, len(picture)) == picture
    for place in (forged.place, short.place):
        with pytest.raises(Rejected, match="cannot be decrypted"):
            await town.matrix.platform.fetch(place, len(picture))
    with pytest.raises(Rejected, match="larger than"):
        await town.matrix.platform.fetch(good.place, len(picture) - 1)


async def test_public_incidents_are_encrypted_when_all_are(town: Town):
    ana = await town.person("ana")
    room = await town.room(private=False)
    assert await town.matrix.bot.state(room, ENCRYPTED) is None
    await town.begin(encryption="all")
    # One that is there already, and is opened once more because the bot does not know that.
    assert await town.room(private=False) == room
    assert await town.matrix.bot.state(room, ENCRYPTED) is not None
    other = await town.room(private=False, mark="inc-8")
    await ana.join(other)
    await town.say(other, "canary")
    await until(reads(ana, other, "canary"), "the message")
    assert not town.matrix.homeserver.holds("canary")


async def test_a_message_whose_key_comes_later_is_done_then(town: Town, caplog: Any):
    ana, heard = await town.person("ana"), Heard()
    room = await town.room("ana")
    await ana.join(room)
    async with listening(town.matrix, heard):
        await ana.say(room, "!inc first")
        await until(lambda: heard.lines, "the first line")
        ana.client.invalidate_outbound_session(room)
        olm = ana.client.olm
        _, key = olm.share_group_session(room, [town.matrix.user_id], ignore_unverified_devices=True)
        olm.outbound_group_sessions[room].mark_as_shared()
        await ana.say(room, "!inc second")
        plain = await town.room("ben", private=False, mark="inc-8")
        await town.matrix.people["ben"].join(plain)
        await town.matrix.people["ben"].say(plain, "!inc third")
        await until(lambda: len(heard.lines) == 2, "the line in the other room")
        phone = town.matrix.people["ana"]
        await phone.ask("PUT", "sendToDevice", "m.room.encrypted", "late", body=key)
        await until(lambda: len(heard.lines) == 3, "the line whose key came late")
        await until(reads(ana, room, "answer 3: second"), "the answer")
    assert heard.lines == ["first", "third", "second"]
    assert len([record for record in caplog.records if "cannot be read" in record.getMessage()]) == 1


async def test_broken_keys_and_messages_of_one_member_stop_nobody(town: Town, caplog: Any):
    ana, heard, eve = await town.person("ana"), Heard(), town.matrix.people["eve"]
    room = await town.room("ana", "eve")
    await ana.join(room)
    await eve.join(room)
    await ana.say(room, "we know each other")
    device, us = eve.account.device_id, town.matrix.user_id
    named = {f"{kind}:{device}": "no base64!" for kind in ("curve25519", "ed25519")}
    keys = {
        "user_id": eve.user_id,
        "device_id": device,
        "algorithms": ["m.megolm.v1.aes-sha2"],
        "keys": named,
        "signatures": {eve.user_id: {f"ed25519:{device}": "neither is this"}},
    }
    (await eve.ask("POST", "keys", "upload", body={"device_keys": keys})).raise_for_status()
    olm, megolm = "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"
    await town.say(room, "the bot has its keys now")
    (ours,) = (
        (await eve.ask("POST", "keys", "query", body={"device_keys": {us: []}})).json()["device_keys"][us].values()
    )
    curve = ours["keys"]["curve25519:KLATSCH"]
    async with listening(town.matrix, heard):
        for number, content in enumerate(
            (
                {"algorithm": olm, "sender_key": "x", "ciphertext": {curve: {"type": 0, "body": "no base64!"}}},
                {"algorithm": olm, "sender_key": "x", "ciphertext": {curve: {"type": 1, "body": "AAAA"}}},
                {"algorithm": olm, "sender_key": "x", "ciphertext": {curve: {"type": 7, "body": "AAAA"}}},
                {"algorithm": olm, "sender_key": 7, "ciphertext": []},
                {"algorithm": megolm, "sender_key": "x", "ciphertext": "x"},
                {},
            )
        ):
            body = {"messages": {us: {"KLATSCH": content}}}
            (await eve.ask("PUT", "sendToDevice", "m.room.encrypted", f"t{number}", body=body)).raise_for_status()
            await eve.send(room, "m.room.encrypted", content)
        await town.say(room, "to all")
        await until(reads(ana, room, "to all"), "what the bot says")
        # What was decrypted and is not of its form is in no log.
        await ana.send(room, "m.room.message", {"msgtype": "m.text", "text": "canary"})
        await ana.say(room, "!inc status")
        await until(reads(ana, room, "answer 1: status"), "the answer")
    assert heard.lines == ["status"]
    assert "canary" not in caplog.text


async def test_an_encrypted_event_can_do_nothing_that_a_homeserver_would_have_refused(town: Town):
    """It sees no kind of event in there, and asks nobody whether that member may."""
    ana, ben, heard = await town.person("ana"), await town.person("ben"), Heard()
    room = await town.room("ana", "ben")
    await ana.join(room)
    await ben.join(room)
    message = await ana.say(room, "evidence")
    async with listening(town.matrix, heard):
        await ben.send(room, "m.room.redaction", {"redacts": message})
        relation = {"rel_type": "m.replace", "event_id": message}
        await ben.send(room, "m.room.message", {"m.new_content": {"body": "forged"}, "m.relates_to": relation})
        await ben.say(room, "!inc status")
        await until(lambda: heard.lines, "the line")
    assert (heard.removed_, heard.edited_, heard.lines) == ([], [], ["status"])


async def test_keys_that_others_used_up_are_made_anew(town: Town):
    eve, us = town.matrix.people["eve"], town.matrix.user_id
    room = await town.room("eve")
    await eve.join(room)
    await town.say(room, "hello")

    async def left() -> int:
        return int(
            (await town.matrix.bot.ask("POST", "keys", "upload", body={})).json()["one_time_key_counts"][
                "signed_curve25519"
            ]
        )

    full = await left()
    wanted = {"one_time_keys": {us: {"KLATSCH": "signed_curve25519"}}}
    while await left() >= full // 2:
        (await eve.ask("POST", "keys", "claim", body=wanted)).raise_for_status()
    async with listening(town.matrix, Heard()):

        async def refilled() -> bool:
            return await left() == full

        await until(refilled, "new keys")
    assert (await eve.ask("POST", "keys", "claim", body=wanted)).json()["one_time_keys"][us]["KLATSCH"]


async def test_a_text_that_is_too_long_is_cut_to_what_fits_encrypted(town: Town):
    ana = await town.person("ana")
    room = await town.room("ana")
    await ana.join(room)
    for letter in ("a", "ä", "🍀", '"'):
        text = letter * (60_000 // len(letter.encode()))
        root = await town.say(room, text)
        await town.matrix.platform.edit(Attempt(f"edit-{letter}"), room, root, d.say(text))
        await town.matrix.platform.say(Attempt(f"thread-{letter}"), room, d.say(text), thread=root)
        await ana.look()
    shown = await ana.reads(room)
    assert len(shown) == 12
    assert all("The rest was cut" in text for text in shown)
    largest = max(len(json.dumps(event["content"])) for event in await town.stored(room))
    assert 55_000 < largest < 62_000


async def test_the_account_vouches_for_the_bot_s_device_and_goes_on_doing_so(town: Town):
    us, eve = town.matrix.user_id, town.matrix.people["eve"]

    async def known() -> dict[str, Any]:
        return (await eve.ask("POST", "keys", "query", body={"device_keys": {us: []}})).json()

    room = await town.room()
    await town.say(room, "hello")
    first = await known()
    master, own = first["master_keys"][us], first["self_signing_keys"][us]
    device = first["device_keys"][us]["KLATSCH"]
    ((_, by_master),), ((_, by_own),) = master["keys"].items(), own["keys"].items()
    assert signed(own, us, by_master)
    assert signed(device, us, by_own)
    assert signed(master, us, device["keys"]["ed25519:KLATSCH"], "KLATSCH")
    await town.begin()
    await town.say(room, "hello again")
    assert await known() == first


async def test_keys_that_the_account_has_from_elsewhere_are_left_alone(town: Town, caplog: Any):
    us, bot = town.matrix.user_id, town.matrix.bot
    room = await town.room()
    await town.say(room, "hello")
    before = (await bot.ask("POST", "keys", "query", body={"device_keys": {us: []}})).json()["master_keys"]
    file = town.folder / "keys" / "signing.json"
    others = {usage: Account().pickle(derive_pickle_key()) for usage in ("master", "self_signing")}
    for held in ("", json.dumps(others)):
        caplog.clear()
        file.unlink(missing_ok=True)
        if held:
            file.write_text(held)
        await town.begin()
        await town.say(room, "hello again")
        assert "verify the device KLATSCH in a client that has them" in caplog.text
    assert (await bot.ask("POST", "keys", "query", body={"device_keys": {us: []}})).json()["master_keys"] == before


# The files of the keys.


async def test_the_files_are_read_by_their_owner_alone_and_used_by_one_process(town: Town):
    room = await town.room()
    await town.say(room, "hello")
    keys = town.folder / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in keys.iterdir()} == dict.fromkeys(
        ("keys.db", "serving", "signing.json"), 0o600
    )
    first = town.matrix.platform
    town.matrix.platform = town.matrix.build(**town.block)
    try:
        with pytest.raises(Unavailable, match=r"another klatsch \(process \d+\) uses the keys in .*keys"):
            await town.say(room, "hello")
    finally:
        await town.matrix.platform.aclose()
        town.matrix.platform = first
    await town.say(room, "hello again")


async def test_lost_keys_and_another_pickle_key_are_told_and_nothing_is_given_up(town: Town):
    await town.begin(encryption_key="k" * 32)
    room = await town.room()
    await town.say(room, "hello")
    for wrong, said in (
        ({"encryption_key": "x" * 32}, "another `encryption_key`"),
        ({"encryption_store": str(town.folder / "other")}, r"other keys than those in .*other.*new device"),
    ):
        await town.begin(**{"encryption_key": "k" * 32, **wrong})
        with pytest.raises(Unavailable, match=said):
            await town.say(room, "hello")
    await town.begin(encryption_key="k" * 32)
    await town.say(room, "hello again")
    assert b"k" * 32 not in (town.folder / "keys" / "keys.db").read_bytes()
