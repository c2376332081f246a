"""What people of the fake Slack do, and what comes of it: windows, answers, files, strangers and other bots."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import Answered, Person, SlackServer, View
from tests.contract.slack_clients import bolt, error_of, web_client
from tests.until import PATIENCE, until


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(patience=PATIENCE) as slack:
        slack.passing.stop()
        slack.has_channel("ours", slack.person("ana"))
        yield slack


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return web_client(slack)


@pytest.fixture
def ana(slack: SlackServer) -> Person:
    return slack.person("ana")


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def modal(*blocks: dict[str, Any], title: str = "One", **more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain(title), "submit": plain("Save"), "blocks": list(blocks), **more}


def field(label: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain(label), "element": element, **more}


OPTIONS = [{"text": plain(text), "value": text.lower()} for text in ("Sev1", "Sev2")]
FORM = modal(
    field("Summary", {"type": "plain_text_input", "max_length": 10}, block_id="summary"),
    field("Severity", {"type": "static_select", "options": OPTIONS, "initial_option": OPTIONS[0]}, block_id="severity"),
    field("Who", {"type": "multi_users_select", "max_selected_items": 1}, block_id="who", optional=True),
    callback_id="form",
)


async def opened(slack: SlackServer, client: AsyncWebClient, ana: Person, view: dict[str, Any] = FORM) -> View:
    await client.views_open(trigger_id=slack.views.trigger(ana.id), view=view)
    assert ana.modal
    return ana.modal


async def test_a_trigger_is_good_once_and_for_three_seconds(
    slack: SlackServer, client: AsyncWebClient, ana: Person
) -> None:
    used, old = slack.views.trigger(ana.id), slack.views.trigger(ana.id)

    async def code(trigger: str) -> str:
        return await error_of(client, "views.open", True, trigger_id=trigger, view=modal())

    assert [await code("1.2.x"), await code(used), await code(used)] == [
        "invalid_trigger_id",
        "",
        "exchanged_trigger_id",
    ]
    slack.pass_time(3.1)
    assert await code(old) == "expired_trigger_id"


async def test_windows_lie_on_each_other(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    async def pushed() -> str:
        return await error_of(
            client, "views.push", True, trigger_id=slack.views.trigger(ana.id), view=modal(title="Next")
        )

    assert await pushed() == "not_found"
    first = await opened(slack, client, ana)
    assert [await pushed() for _ in range(3)] == ["", "", "push_limit_reached"]
    assert ana.modal
    assert (ana.modal.as_slack()["root_view_id"], ana.modal.title) == (first.id, "Next")
    await ana.closes()
    await ana.closes()
    assert ana.modal is first


async def test_a_window_changes_only_for_who_knows_it(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    view = await opened(slack, client, ana, modal(external_id="mine"))
    old = view.hash

    async def code(**args: Any) -> str:
        return await error_of(client, "views.update", True, view=modal(title="Two", external_id="mine"), **args)

    assert [await code(), await code(view_id="V1"), await code(view_id=view.id, hash="x")] == [
        "missing_argument",
        "not_found",
        "hash_conflict",
    ]
    assert await code(external_id="mine", hash=old) == ""
    assert (view.title, view.hash != old) == ("Two", True)
    again = {"trigger_id": slack.views.trigger(ana.id), "view": modal(external_id="mine")}
    assert await error_of(client, "views.open", True, **again) == "duplicate_external_id"


async def test_a_home_tab_is_published(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    home = {"type": "home", "blocks": [{"type": "section", "text": plain("x")}]}
    await client.views_publish(user_id=ana.id, view=home)
    assert ana.home
    assert await error_of(client, "views.publish", True, user_id=ana.id, view=home, hash="x") == "hash_conflict"
    await client.views_publish(user_id=ana.id, view=home, hash=ana.home.hash)
    await ana.opens_home()
    assert slack.events[-1].event["view"]["id"] == ana.home.id


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, {"summary"}),
        ({"Summary": "x" * 11}, {"summary"}),
        ({"Summary": "x", "who": ["U1", "U2"]}, {"who"}),
        ({"Summary": "x", "severity": ""}, {"severity"}),
    ],
)
async def test_a_client_does_not_send_what_is_not_filled_in(
    slack: SlackServer, client: AsyncWebClient, ana: Person, values: dict[str, Any], wrong: set[str]
) -> None:
    await opened(slack, client, ana)
    assert set((await ana.submits(values=values)).errors) == wrong


@pytest.mark.parametrize("values", [{"Colour": "red"}, {"Severity": "Sev9"}])
async def test_nobody_fills_in_what_is_not_there(
    slack: SlackServer, client: AsyncWebClient, ana: Person, values: dict[str, Any]
) -> None:
    await opened(slack, client, ana)
    with pytest.raises(AssertionError):
        await ana.submits(values={"Summary": "x", **values})


Ack = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize(
    ("said", "error", "titles"),
    [
        ({}, "", []),
        ({"response_action": "clear"}, "", []),
        ({"response_action": "errors", "errors": {"summary": "No."}}, "", ["One"]),
        ({"response_action": "errors", "errors": {"other": "No."}}, "invalid_errors", ["One"]),
        ({"response_action": "update", "view": modal(title="Two")}, "", ["Two"]),
        ({"response_action": "push", "view": modal(title="Two")}, "", ["One", "Two"]),
        ({"response_action": "update", "view": {"type": "modal"}}, "invalid_arguments", ["One"]),
    ],
)
async def test_what_becomes_of_a_window_that_is_submitted(
    slack: SlackServer, client: AsyncWebClient, ana: Person, said: dict[str, Any], error: str, titles: list[str]
) -> None:
    heard: list[Any] = []
    async with bolt(slack) as app:

        @app.view("form")
        async def form(ack: Ack, view: Any) -> None:
            heard.append(view["state"]["values"])
            await ack(**said)

        await opened(slack, client, ana)
        answered = await ana.submits(values={"Summary": "x", "Severity": "Sev2"})
    assert (answered.acked, answered.error) == (not error, error)
    assert [view.title for view in slack.views.modals.get(ana.id, [])] == titles
    ((summary,), (severity,)) = heard[0]["summary"].values(), heard[0]["severity"].values()
    assert (summary["value"], severity["selected_option"]["value"]) == ("x", "sev2")


async def test_an_address_for_answers_is_good_five_times_and_for_half_an_hour(slack: SlackServer, ana: Person) -> None:
    async with bolt(slack) as app:

        @app.command("/incident")
        async def incident(ack: Ack) -> None:
            await ack()

        answered: Answered = await ana.slash("#ours", "list")
        other: Answered = await ana.slash("#ours", "list")
    assert slack.delivery.session is not None

    async def post(where: Answered, **said: Any) -> str:
        assert slack.delivery.session is not None
        async with slack.delivery.session.post(where.sent["response_url"], json=said) as answer:
            return "" if answer.status == 200 else f"{answer.status} {(await answer.json())['error']}"

    assert await post(answered, colour="red") == "400 invalid_payload"
    assert await post(answered, text="x", blocks=[{"type": "section"}]) == "400 invalid_blocks"
    assert await post(answered, text="x", thread_ts="1764244800.000100") == "400 thread_not_found"
    assert await post(answered, text="x", metadata={"a": 1}) == "400 invalid_metadata_format"
    assert await post(answered, replace_original=True, text="x") == "400 message_not_found"
    assert [await post(answered, text=str(number)) for number in range(6)] == [""] * 5 + ["404 used_url"]
    slack.pass_time(1801)
    assert await post(other, text="x") == "404 expired_url"
    assert [one.shown for one in ana.ephemerals("#ours")] == ["0", "1", "2", "3", "4"]
    assert slack.channel("#ours").messages[-1].subtype == "channel_join"


async def test_files_are_read_with_the_token(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    said = await ana.posts("#ours", "look", files=[("graph.png", b"png")])
    (file,) = slack.events[-2].event["files"]
    assert (said.subtype, slack.events[-1].event["type"]) == ("file_share", "file_shared")
    assert (await client.files_info(file=file["id"]))["file"]["size"] == 3
    async with aiohttp.ClientSession() as session:
        async with session.get(file["url_private_download"]) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        async with session.get(file["url_private_download"], headers=headers) as answer:
            assert (await answer.read(), answer.content_type) == (b"png", "image/png")


async def test_who_speaks_is_told(slack: SlackServer) -> None:
    other = slack.person("grafana", bot=True)
    stranger = slack.person("eve", team="T0STRANGE1")
    channel = slack.has_channel("shared", other, stranger)
    await other.posts(channel, "x")
    await stranger.posts(channel, "a < b & @klatsch")
    mine, theirs, mention = (one.body for one in slack.events)
    assert (mine["event"]["bot_id"], theirs["event"]["user_team"]) == ("B0GRAFANA", "T0STRANGE1")
    assert theirs["event"]["text"] == f"a &lt; b &amp; <@{slack.bot_user}>"
    assert (mention["event"]["type"], mention["is_ext_shared_channel"]) == ("app_mention", True)
    assert mention["event_id"] != theirs["event_id"]


async def test_links_are_told_of_and_unfurled(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    slack.domains = frozenset({"example.org"})
    await ana.shares_link("#ours", "https://example.com/")
    assert slack.events[-1].event["type"] == "message"
    said = await ana.shares_link("#ours", "https://example.org/x")
    assert slack.events[-1].event["links"] == [{"url": "https://example.org/x", "domain": "example.org"}]
    await client.chat_unfurl(channel=said.channel, ts=said.ts, unfurls={"https://example.org/x": {"text": "x"}})
    assert slack.unfurls[0]["ts"] == said.ts


async def test_shortcuts(slack: SlackServer, ana: Person) -> None:
    said = await ana.posts("#ours", "x")
    heard: list[str] = []
    async with bolt(slack) as app:

        @app.shortcut("open")
        async def everywhere(ack: Ack) -> None:
            await ack()

        @app.shortcut("note")
        async def of_a_message(ack: Ack, shortcut: Any, respond: Ack) -> None:
            await ack()
            heard.append(shortcut["message"]["text"])
            await respond("noted")

        assert (await ana.shortcut("open")).acked
        answered = await ana.message_shortcut("note", "#ours", said)
        await until(lambda: answered.responses, "the answer")
    assert heard == ["x"]


async def test_groups_and_people_change(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    bo = slack.person("bo", guest=True)
    group = slack.usergroup("sre", [ana])
    assert (await client.usergroups_users_list(usergroup=group.id))["users"] == [ana.id]
    slack.regroup(group, [bo])
    assert slack.events[-1].event["removed_users"] == [ana.id]
    assert (await client.users_info(user=bo.id))["user"]["is_restricted"]
    slack.change(bo, deleted=True)
    assert (await client.users_info(user=bo.id))["user"]["deleted"]


async def test_a_bot_is_put_out_and_comes_back(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    channel = slack.channel("#ours")
    await ana.removes_bot(channel)
    assert [one.event["type"] for one in slack.events] == ["channel_left", "message", "member_left_channel"]
    await client.conversations_join(channel=channel.id)
    await ana.archives(channel)
    await ana.unarchives(channel)
    assert channel.members == [ana.id]
