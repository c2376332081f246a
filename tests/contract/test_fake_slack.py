"""The fake Slack is as strict as Slack: Slack's own client and framework get along with it, and each rule is seen to refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import Person, SlackServer
from tests.contract.slack_clients import bolt, error_of, web_client
from tests.until import PATIENCE, until


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(patience=PATIENCE) as slack:
        slack.passing.stop()
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
        assert (answered.acked, answered.text, 0 < answered.seconds < PATIENCE) == (
            True,
            "said open sev2 Volumes slow",
            True,
        )
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
        # Bolt asks for each by itself whose the token is, so they may overtake each other there.
        assert {kind for kind, _ in heard} == {"message", "app_mention", "message_changed", "eyes", "message_deleted"}
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


async def test_each_method_does_its_work(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    async def did(method: str, body: bool = False, **args: Any) -> Any:
        return await client.api_call(method, **({"json": args} if body else {"params": args}))

    bo = slack.person("bo")
    id = (await did("conversations.create", name="made"))["channel"]["id"]
    where = {"channel": id}
    await did("conversations.invite", **where, users=f"{ana.id},{bo.id}")
    assert (await did("conversations.members", **where))["members"] == [slack.bot_user, ana.id, bo.id]
    await did("conversations.kick", **where, user=bo.id)
    assert (await did("conversations.info", **where, include_num_members=True))["channel"]["num_members"] == 2
    await did("conversations.setTopic", **where, topic="")
    await did("conversations.setPurpose", **where, purpose="why")
    await did("conversations.rename", **where, name="renamed")
    assert (slack.channel("#renamed").purpose, slack.channel("#renamed").previous_names) == ("why", ["made"])
    assert (await did("conversations.join", **where))["warning"] == "already_in_channel"
    assert [one["id"] for one in (await did("users.conversations"))["channels"]] == [id]
    assert [one["id"] for one in (await did("conversations.list", exclude_archived=True, limit=1))["channels"]] != [id]
    direct = (await did("conversations.open", users=ana.id))["channel"]["id"]
    assert (await did("chat.postMessage", True, channel=ana.id, text="to ana"))["channel"] == direct == ana.direct.id

    ts = (await did("chat.postMessage", True, **where, text="first"))["ts"]
    reply = (await did("chat.postMessage", True, **where, text="reply", thread_ts=ts, reply_broadcast=True))["ts"]
    assert (await did("conversations.history", **where, limit=1))["messages"][0]["subtype"] == "thread_broadcast"
    assert [one["ts"] for one in (await did("conversations.replies", **where, ts=ts))["messages"]] == [ts, reply]
    await did("chat.update", True, **where, ts=reply, text="other")
    await did("chat.delete", **where, ts=reply)
    await did("chat.postEphemeral", True, **where, user=ana.id, text="only you")
    assert ([one.shown for one in ana.ephemerals(id)], slack.channel(id).message(reply)) == (["only you"], None)
    assert (await did("chat.getPermalink", **where, message_ts=ts))["permalink"].endswith(
        f"/{id}/p{ts.replace('.', '')}"
    )

    await did("pins.add", **where, timestamp=ts)
    assert [one["message"]["ts"] for one in (await did("pins.list", **where))["items"]] == [ts]
    await did("pins.remove", **where, timestamp=ts)
    await did("reactions.add", **where, timestamp=ts, name="eyes")
    assert (await did("reactions.get", **where, timestamp=ts))["message"]["reactions"][0]["users"] == [slack.bot_user]
    await did("reactions.remove", **where, timestamp=ts, name="eyes")
    link = {"type": "link", "link": "https://example.org/"}
    mark = (await did("bookmarks.add", channel_id=id, title="Docs", **link))["bookmark"]["id"]
    await did("bookmarks.edit", channel_id=id, bookmark_id=mark, title="Manual")
    assert [one["title"] for one in (await did("bookmarks.list", channel_id=id))["bookmarks"]] == ["Manual"]
    await did("bookmarks.remove", channel_id=id, bookmark_id=mark)
    assert slack.channel(id).bookmarks == slack.channel(id).pins == []

    assert {one["id"] for one in (await did("users.list"))["members"]} >= {ana.id, bo.id, "USLACKBOT"}
    assert (await did("users.lookupByEmail", email="Ana@example.org"))["user"]["id"] == ana.id
    slack.usergroup("sre", [ana])
    assert (await did("usergroups.list", include_users=True))["usergroups"][0]["users"] == [ana.id]
    assert (await did("team.info"))["team"]["id"] == slack.team
    assert not [call for call in slack.calls if call.error]


async def test_what_people_pick_and_close_is_heard(slack: SlackServer, client: AsyncWebClient, ana: Person) -> None:
    options = [{"text": {"type": "plain_text", "text": text}, "value": text} for text in ("a", "b")]
    picking = {"type": "actions", "elements": [{"type": "static_select", "action_id": "pick", "options": options}]}
    window = {"type": "modal", "notify_on_close": True, "callback_id": "w", "blocks": [picking]}
    heard: list[str] = []
    async with bolt(slack) as app:

        @app.action("pick")
        async def picked(ack: Any, action: Any) -> None:
            await ack()
            heard.append(action["selected_option"]["value"])

        @app.view_closed("w")
        async def closed(ack: Any, view: Any) -> None:
            await ack()
            heard.append("closed")

        title = {"type": "plain_text", "text": "W"}
        await client.views_open(trigger_id=slack.views.trigger(ana.id), view={**window, "title": title})
        await client.views_publish(user_id=ana.id, view={"type": "home", "blocks": [picking]})
        assert ana.modal
        assert ana.home
        assert (await ana.presses_in(ana.modal, "pick", "a")).acked
        assert (await ana.presses_in(ana.home, "pick", "b")).acked
        assert (await ana.closes()).acked
    assert heard == ["a", "b", "closed"]
    assert ana.modal is None


async def test_a_command_has_marks_only_if_it_is_set_up_so(slack: SlackServer, ana: Person) -> None:
    texts: list[str] = []
    async with bolt(slack) as app:

        @app.command("/incident")
        async def incident(ack: Any, command: Any) -> None:
            await ack()
            texts.append(command["text"])

        for slack.should_escape in (False, True):
            await ana.slash("#general", "role lead @ana a<b")
    assert texts == ["role lead @ana a&lt;b", f"role lead <@{ana.id}|ana> a&lt;b"]
