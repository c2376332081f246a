"""When Slack does not answer, or something else does: each call is Unavailable or Rejected, and tells no secret."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from adapters.chat.slack import web
from bot.chat import document as d
from bot.ports import Attempt, ChatPlatform, DeliveryError, Rejected, RoomLink, Unavailable
from tests.contract.heard import Heard
from tests.contract.servers.http import HttpServer, Request
from tests.contract.servers.slack import ALL_SCOPES, BROKEN, HTML, HUGE, Answer, Trouble, limited
from tests.contract.servers.slack.model import Channel
from tests.contract.servers.slack.trouble import What
from tests.contract.slack_harness import SlackHarness

Does = Callable[[ChatPlatform, str, str], Awaitable[object]]
LINK = RoomLink("Runbook", "https://wiki.example.org/osd")

EFFECTS: dict[str, Does] = {
    "auth.test": lambda slack, room, card: slack.probe(),
    "apps.connections.open": lambda slack, room, card: slack.probe(),
    "conversations.info": lambda slack, room, card: slack.probe(),
    "conversations.create": lambda slack, room, card: slack.open_room(
        Attempt("8.1"), mark="inc-8", name="inc-8", topic="INC-8", private=False
    ),
    "conversations.setPurpose": lambda slack, room, card: slack.open_room(
        Attempt("9.1"), mark="inc-9", name="inc-9", topic="INC-9", private=False
    ),
    "users.conversations": lambda slack, room, card: slack.open_room(
        Attempt("10.1", 2), mark="inc-10", name="inc-10", topic="INC-10", private=False
    ),
    "conversations.setTopic": lambda slack, room, card: slack.set_topic(Attempt("7.4"), room, "INC-7 SEV2 Ceph"),
    "chat.postMessage": lambda slack, room, card: slack.say(Attempt("7.5"), room, d.say("osd.17 is down")),
    "conversations.history": lambda slack, room, card: slack.say(Attempt("7.6", 2), room, d.say("osd.18")),
    "conversations.replies": lambda slack, room, card: slack.say(Attempt("7.7", 2), room, d.say("osd.19"), thread=card),
    "chat.update": lambda slack, room, card: slack.edit(Attempt("7.8"), room, card, d.say("INC-7 Ceph resolved")),
    "pins.add": lambda slack, room, card: slack.pin(Attempt("7.9"), room, card),
    "bookmarks.list": lambda slack, room, card: slack.set_links(Attempt("7.10", 2), room, []),
    "bookmarks.add": lambda slack, room, card: slack.set_links(Attempt("7.11"), room, [LINK]),
    "conversations.archive": lambda slack, room, card: slack.archive(Attempt("7.12"), room),
}
"""What asks a method; in this order each of them can be done."""

SHARING = ("apps.connections.open", "conversations.info", "conversations.setPurpose", "users.conversations")
"""What is asked behind another one, or not at all while that waits."""


async def opened(slack: SlackHarness) -> tuple[Channel, str]:
    """The room of INC-7 and its card."""
    ref = await slack.platform.open_room(
        Attempt("7.1"), mark="inc-7", name="inc-7-ceph", topic="INC-7 SEV1 Ceph", private=False
    )
    card = await slack.platform.say(Attempt("7.2"), ref.id, d.say("INC-7 Ceph"))
    return slack.slack.channels[ref.id], card


def _json(text: str) -> Answer:
    return Answer(200, text.encode(), {"Content-Type": "application/json; charset=utf-8"})


TROUBLES: dict[str, tuple[What, type[DeliveryError], str]] = {
    "500": (BROKEN, Unavailable, "answered 500"),
    "503": (Answer.of({"ok": False, "error": "service_unavailable"}, 503), Unavailable, "service_unavailable"),
    "404": (Answer(404, b"not here"), Unavailable, "answered 404"),
    "hang": (Trouble.HANG, Unavailable, "no answer within 0.5 s"),
    "trickle": (Trouble.TRICKLE, Unavailable, "no answer within 0.5 s"),
    "drop": (Trouble.DROP, Unavailable, "cannot connect ("),
    "html": (HTML, Unavailable, "answered 200 and no JSON"),
    "login": (Answer(302, b"", {"Location": "/files-pri/F1/login"}), Unavailable, "answered 404"),
    "huge": (HUGE, Unavailable, "an answer is larger than 8 MB"),
    "limited, 200": ("ratelimited", Unavailable, "ratelimited"),
    "limited otherwise": ("rate_limited", Unavailable, "rate_limited"),
    "away": ("fatal_error", Unavailable, "fatal_error"),
    "a code nobody knows": ("paging_disabled_by_moon", Rejected, "paging_disabled_by_moon"),
    "no code": (_json('{"ok": false}'), Unavailable, "answered 200"),
    "a code that is none": (_json('{"ok": false, "error": 7}'), Unavailable, "answered 200"),
    "a long code": ("x" * 500, Rejected, "answered " + "x" * 40),
    "details": (
        _json('{"ok": false, "error": "invalid_arguments", "response_metadata": {"messages": ["[ERROR] no such", 7]}}'),
        Rejected,
        "invalid_arguments ([ERROR] no such; 7)",
    ),
    "details that are none": (
        _json('{"ok": false, "error": "invalid_arguments", "response_metadata": 7}'),
        Rejected,
        "invalid_arguments",
    ),
    "a list": (_json("[1]"), Unavailable, "answered without an object"),
    "a word": (_json('"ok"'), Unavailable, "answered without an object"),
    "null": (_json("null"), Unavailable, "answered 200"),
    "nothing": (_json(""), Unavailable, "answered 200"),
    "half": (_json('{"ok": tr'), Unavailable, "answered 200"),
    "deep": (_json("[" * 100_000), Unavailable, "answered without an object"),
    "no UTF-8": (Answer(200, b'{"ok": "\xff"}', {"Content-Type": "application/json"}), Unavailable, "cannot"),
    "plain": (Answer(200, b"ok", {"Content-Type": "text/plain"}), Unavailable, "answered without an object"),
    "packed": (Answer(200, b"ok", {"Content-Type": "application/gzip"}), Unavailable, "answered without an object"),
}


async def suffered(slack: SlackHarness, method: str, room: Channel, card: str) -> DeliveryError:
    """What `method` comes to. On a machine that is busy half a second may be over before Slack is asked for it; then it is tried again."""
    for _ in range(5):
        with pytest.raises(DeliveryError) as error:
            await EFFECTS[method](slack.platform, room.id, card)
        for _ in range(20):
            # What was sent at the last moment is read.
            await asyncio.sleep(0)
        if slack.slack.calls[-1].method == method:
            break
    return error.value


@pytest.mark.parametrize("name", TROUBLES)
async def test_trouble_is_unavailable_or_rejected_and_tells_no_secret(slack, name, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    what, kind, reason = TROUBLES[name]
    room, card = await opened(slack)
    told: list[DeliveryError] = []
    some = list(EFFECTS)
    if name in ("hang", "trickle", "huge"):
        # Each of them takes its time.
        some = some[::5]
    if name in ("hang", "trickle"):
        monkeypatch.setattr(web, "SECONDS", 0.5)
    if "limited" in name:
        # What is limited waits, and so would whatever asks it besides.
        some = [method for method in some if method not in SHARING]
    for method in some:
        slack.slack.order(method, what)
        error = await suffered(slack, method, room, card)
        assert slack.slack.calls[-1].method == method
        assert (type(error), reason in error.reason) == (kind, True), f"{method}: {error!r}"
        assert error.reason.startswith("slack: ")
        assert len(error.reason) < 600
        told.append(error)
    monkeypatch.undo()
    if "limited" not in name:
        # No more messages than a channel takes at once.
        for method in (one for one in some if one not in ("conversations.history", "conversations.replies")):
            await EFFECTS[method](slack.platform, room.id, card)
    shown = [*caplog.messages, *("".join(traceback.format_exception(error)) for error in told)]
    for secret in slack.config().secrets:
        assert secret not in "\n".join(shown)


async def test_an_error_that_repeats_our_token_does_not_show_it(slack):
    room, _ = await opened(slack)
    for code in (f"bad {slack.slack.bot_token}", slack.slack.app_token):
        slack.slack.order("conversations.setTopic", code)
        with pytest.raises(Rejected, match="•••"):
            await slack.platform.set_topic(Attempt("7.3"), room.id, "x")


async def test_of_a_connection_that_is_cut_after_it_was_done_nobody_can_tell(slack):
    room, card = await opened(slack)
    for method in ("chat.update", "pins.add", "conversations.archive"):
        slack.slack.order(method, Trouble.DROP_AFTER_DOING)
        with pytest.raises(Unavailable, match=r"slack: cannot connect \("):
            await EFFECTS[method](slack.platform, room.id, card)
        await EFFECTS[method](slack.platform, room.id, card)
    assert (room.message(card).shown, room.pins, room.archived) == ("INC-7 Ceph resolved", [card], True)


@pytest.mark.parametrize("replies", [None, 0, 250])
async def test_what_was_said_without_an_answer_is_said_once(slack, replies):
    """In the channel, in a thread, and in one that is longer than a page."""
    room, card = await opened(slack)
    await slack.people["ana"].joins(room)
    for number in range(replies or 0):
        await slack.people["ana"].posts(room, f"reply {number}", thread=card)
    thread = "" if replies is None else card
    slack.slack.order("chat.postMessage", Trouble.DROP_AFTER_DOING)
    with pytest.raises(Unavailable):
        await slack.platform.say(Attempt("7.3"), room.id, d.say("once"), thread=thread)
    for number in (2, 3):
        await slack.restart()
        message = await slack.platform.say(Attempt("7.3", number), room.id, d.say("once"), thread=thread)
        assert [one.ts for one in room.messages if one.by_bot and one.shown == "once"] == [message]
    assert room.message(message).is_reply == bool(thread)


async def test_a_key_that_somebody_else_uses_is_not_ours(slack):
    room, _ = await opened(slack)
    bot = slack.slack.person("otherbot", bot=True)
    other = slack.slack.post(room, bot.id, "mine")
    other.metadata = {"event_type": "klatsch_effect", "event_payload": {"key": "7.3"}}
    message = await slack.platform.say(Attempt("7.3", 2), room.id, d.say("once"))
    assert message != other.ts


async def test_who_is_limited_waits_as_long_as_slack_says_with_that_method_in_that_channel(slack):
    room, card = await opened(slack)
    slack.slack.order("chat.postMessage", limited(300))
    with pytest.raises(Unavailable) as told:
        await slack.platform.say(Attempt("7.3"), room.id, d.say("later"))
    assert told.value.retry_after == timedelta(seconds=300)
    asked = len(slack.slack.calls)
    with pytest.raises(Unavailable, match=r"takes no more chat\.postMessage for now") as again:
        await slack.platform.say(Attempt("7.3", 2), room.id, d.say("later"))
    assert timedelta(seconds=200) < again.value.retry_after <= timedelta(seconds=300)
    assert [call.method for call in slack.slack.calls[asked:]] == ["conversations.history"]
    await slack.platform.edit(Attempt("7.4"), room.id, card, d.say("INC-7 resolved"))
    await slack.platform.say(Attempt("7.5"), "#incidents", d.say("INC-7 resolved"))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "30"}, timedelta(seconds=30)),
        ({"Retry-After": "99999999"}, timedelta(hours=1)),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
async def test_how_long_to_wait_is_what_slack_says_and_bounded(slack, headers, wait):
    room, card = await opened(slack)
    slack.slack.order("pins.add", Answer(429, b"slow down", headers))
    with pytest.raises(Unavailable) as told:
        await slack.platform.pin(Attempt("7.3"), room.id, card)
    assert told.value.retry_after == wait
    began = time.monotonic()
    with pytest.raises(Unavailable) as again:
        await slack.platform.pin(Attempt("7.3"), room.id, card)
    left = (wait or web.UNSAID).total_seconds()
    assert left - 2 - (time.monotonic() - began) < again.value.retry_after.total_seconds() <= left
    assert len(slack.slack.calls_of("pins.add")) == 1


async def test_a_token_that_was_revoked_is_said_once_and_loses_nothing(slack, caplog):
    room, card = await opened(slack)
    slack.slack.revoke()
    named = r"slack: Slack refuses the bot_token \(token_revoked\)\. Install the app again, .* chat\.slack\.bot_token"
    for _ in range(2):
        for method in ("chat.update", "conversations.create"):
            with pytest.raises(Unavailable, match=named):
                await EFFECTS[method](slack.platform, room.id, card)
    with pytest.raises(Rejected, match=named):
        await slack.platform.listen(Heard())
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1
    slack.slack.restore()
    for method in ("chat.update", "conversations.create"):
        await EFFECTS[method](slack.platform, room.id, card)


async def test_a_scope_that_is_missing_is_named(slack):
    room, card = await opened(slack)
    slack.slack.scopes = ALL_SCOPES - {"pins:write"}
    named = r"pins\.add answered missing_scope \(the app needs the scope pins:write: add it and install the app again\)"
    with pytest.raises(Rejected, match=named):
        await slack.platform.pin(Attempt("7.3"), room.id, card)


async def test_slack_may_be_behind_a_path_and_a_proxy_s_login_is_not_slack(slack):
    who = {"ok": True, "user_id": "U1", "bot_id": "B1", "team_id": "T1", "url": "https://example.slack.com/"}

    def proxy(request: Request) -> Answer:
        assert request.method == "POST" or request.target == "/login"
        if request.target == "/chat/api/auth.test":
            return Answer.of(who)
        if request.target == "/login":
            return Answer(200, b"<title>Sign in</title>", {"Content-Type": "text/html"})
        return Answer(302, b"", {"Location": "/login"})

    async with HttpServer(proxy) as server:
        await slack.restart(api_url=f"{server.url}/chat/api", announce="", mode="http")
        await slack.platform.probe()
        with pytest.raises(Unavailable, match="setTopic answered 200 and no JSON"):
            await slack.platform.set_topic(Attempt("7.3"), "C1", "x")


async def test_a_host_that_is_not_there_is_named(slack):
    await slack.restart(api_url="http://slack.invalid/api/")
    with pytest.raises(Unavailable, match=r"slack: cannot connect \(.*slack\.invalid"):
        await slack.platform.set_topic(Attempt("7.3"), "C1", "x")
