"""The fake Slack is as strict as Slack: Slack's own client and framework get along with it, and each rule is seen to refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import Person, SlackServer
from tests.contract.slack_clients import bolt, error_of, web_client
from tests.until import until


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return web_client(slack)


@pytest.fixture
def ana(slack: SlackServer) -> Person:
    return slack.person("ana")


async def test_who_the_bot_is(client: AsyncWebClient, slack: SlackServer) -> None:
    found = await client.auth_test()
    assert (found["user_id"], found["bot_id"], found["team_id"], found["url"]) == (
        slack.bot_user,
        slack.bot_id,
        slack.team,
        slack.url,
    )
    assert "chat:write" in found.headers["X-OAuth-Scopes"].split(",")


async def test_a_channel_from_making_to_archiving(client: AsyncWebClient, slack: SlackServer, ana: Person) -> None:
    made = (await client.conversations_create(name="inc-1", is_private=False))["channel"]
    channel = slack.channel("#inc-1")
    assert (made["id"], made["is_member"], channel.members) == (channel.id, True, [slack.bot_user])
    await client.conversations_invite(channel=channel.id, users=[ana.id])
    await client.conversations_setTopic(channel=channel.id, topic="Volumes slow")
    posted = await client.chat_postMessage(
        channel="#inc-1", text="A &lt; B", metadata={"event_type": "k", "event_payload": {"id": "1"}}
    )
    await client.pins_add(channel=channel.id, timestamp=posted["ts"])
    await client.bookmarks_add(channel_id=channel.id, title="Status", type="link", link="https://example.org/")
    found = await client.conversations_history(channel=channel.id, include_all_metadata=True)
    assert found["messages"][0]["metadata"]["event_payload"] == {"id": "1"}
    assert [one.get("subtype", "") for one in found["messages"][::-1]] == [
        "channel_join",
        "channel_join",
        "channel_topic",
        "",
    ]
    assert channel.messages[-1].shown == "A < B"
    await client.conversations_archive(channel=channel.id)
    assert await error_of(client, "conversations.history", channel=channel.id) == "not_in_channel"
    assert await error_of(client, "conversations.unarchive", channel=channel.id) == "not_in_channel"
    assert await error_of(client, "conversations.create", name="inc-1") == "name_taken"


async def test_bolt_answers_a_command(slack: SlackServer, ana: Person) -> None:
    async with bolt(slack) as app:

        @app.command("/incident")
        async def incident(ack: Any, respond: Any, command: Any, client: Any) -> None:
            await ack(f"said {command['text']}")
            await respond("later", response_type="in_channel")

        answered = await ana.slash("#general", "open sev2 Volumes slow")
        assert (answered.acked, answered.text, answered.seconds < 3) == (True, "said open sev2 Volumes slow", True)
        await until(lambda: answered.responses, "the response")
        assert [one.shown for one in ana.ephemerals("#general")] == ["said open sev2 Volumes slow"]
        assert slack.channel("#general").messages[-1].shown == "later"


async def test_bolt_hears_what_is_said(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    channel = (await client.conversations_create(name="inc-1"))["channel"]["id"]
    await client.conversations_invite(channel=channel, users=ana.id)
    heard: list[tuple[str, str]] = []
    async with bolt(slack) as app:

        @app.event("message")
        async def message(event: Any, body: Any) -> None:
            heard.append((event.get("subtype", "message"), body["event_id"]))

        @app.event("app_mention")
        async def mention(event: Any, body: Any) -> None:
            heard.append((event["type"], body["event_id"]))

        @app.event("reaction_added")
        async def reacted(event: Any, body: Any) -> None:
            heard.append((event["reaction"], body["event_id"]))

        said = await ana.posts(channel, "@klatsch all is well")
        await ana.edits(channel, said, "nothing is")
        await ana.reacts(channel, said, "eyes")
        await ana.deletes(channel, said)
        await until(lambda: len(heard) == 5, "five events")
        assert [kind for kind, _ in heard] == ["message", "app_mention", "message_changed", "eyes", "message_deleted"]
        assert len({id for _, id in heard}) == 5


async def test_bolt_opens_a_window_and_takes_what_is_filled_in(slack: SlackServer, ana: Person) -> None:
    window = {
        "type": "modal",
        "callback_id": "edit",
        "title": {"type": "plain_text", "text": "Edit"},
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": [
            {
                "type": "input",
                "block_id": "summary",
                "label": {"type": "plain_text", "text": "Summary"},
                "element": {"type": "plain_text_input", "action_id": "text"},
            }
        ],
    }
    async with bolt(slack) as app:

        @app.command("/incident")
        async def incident(ack: Any, body: Any, client: Any) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=window)

        @app.view("edit")
        async def edit(ack: Any, view: Any) -> None:
            text = view["state"]["values"]["summary"]["text"]["value"]
            if text == "bad":
                await ack(response_action="errors", errors={"summary": "Not so."})
            else:
                await ack()

        await ana.slash("#general", "edit")
        await until(lambda: ana.modal, "a window")
        assert (await ana.submits()).errors == {"summary": "Please complete this required field."}
        assert (await ana.submits(values={"Summary": "bad"})).errors == {"summary": "Not so."}
        assert ana.modal
        assert (await ana.submits(values={"summary": "good"})).acked
        assert ana.modal is None


async def test_bolt_hears_a_button(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    button = {
        "type": "button",
        "action_id": "resolve",
        "value": "INC-1",
        "text": {"type": "plain_text", "text": "Resolve"},
    }
    posted = await client.chat_postMessage(
        channel="#general", text="x", blocks=[{"type": "actions", "elements": [button]}]
    )
    async with bolt(slack) as app:

        @app.action("resolve")
        async def resolve(ack: Any, action: Any, body: Any, respond: Any) -> None:
            await ack()
            await respond(f"{action['value']} in {body['message']['ts']}", replace_original=False)

        answered = await ana.presses("#general", posted["ts"], "Resolve")
        assert answered.acked
        await until(lambda: answered.responses, "the response")
        assert answered.text == f"INC-1 in {posted['ts']}"
