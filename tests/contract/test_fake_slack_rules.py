"""Rules of the fake Slack that take more than one call to see: scopes, tokens, ways of sending, limits in number, bells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import ALL_SCOPES, Message, SlackServer
from tests.contract.slack_clients import error_of, web_client
from tests.contract.slack_stage import named, staged


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with staged() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return web_client(slack)


async def test_what_is_done_twice(slack: SlackServer, client: AsyncWebClient) -> None:
    where = {"channel": slack.channel("#ours").id, "timestamp": named(slack, "said")}
    for method, args, code in [
        ("pins.add", where, "already_pinned"),
        ("reactions.add", {**where, "name": "eyes"}, "already_reacted"),
        ("conversations.archive", {"channel": where["channel"]}, "already_archived"),
    ]:
        assert await error_of(client, method, **args) == ""
        assert await error_of(client, method, **args) == code


@pytest.mark.parametrize(
    ("without", "method", "args", "needed"),
    [
        ("channels:manage", "conversations.create", {"name": "x"}, "channels:manage"),
        ("groups:write", "conversations.create", {"name": "x", "is_private": "1"}, "groups:write"),
        ("channels:history", "conversations.history", {"channel": "#ours"}, "channels:history"),
        ("groups:read", "conversations.list", {"types": "public_channel,private_channel"}, "groups:read"),
        ("users:read.email", "users.lookupByEmail", {"email": "ana@example.org"}, "users:read.email"),
        ("pins:write", "pins.add", {"channel": "#ours", "timestamp": "said"}, "pins:write"),
        ("chat:write", "chat.delete", {"channel": "#ours", "ts": "said"}, "chat:write"),
        ("chat:write.customize", "chat.postMessage", {"channel": "#ours", "username": "x"}, "chat:write.customize"),
    ],
)
async def test_without_a_scope(
    slack: SlackServer, client: AsyncWebClient, without: str, method: str, args: dict[str, Any], needed: str
) -> None:
    slack.scopes = ALL_SCOPES - {without}
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, params={name: named(slack, value) for name, value in args.items()})
    said = refused.value.response
    assert (said["error"], said["needed"], without in said["provided"].split(",")) == ("missing_scope", needed, False)


async def test_where_the_bot_is_not_it_writes_only_with_a_scope_for_that(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    assert await error_of(client, "chat.postMessage", True, channel="#theirs", text="x") == ""
    slack.scopes = ALL_SCOPES - {"chat:write.public"}
    assert await error_of(client, "chat.postMessage", True, channel="#theirs", text="x") == "not_in_channel"


@pytest.mark.parametrize(
    ("path", "body", "content_type", "code"),
    [
        ("chat.postMessage", b"{", "application/json", "invalid_json"),
        ("chat.postMessage", b"[]", "application/json", "json_not_object"),
        ("chat.postMessage", b"x", "text/plain", "invalid_post_type"),
        ("conversations.info", b"{}", "application/json", "invalid_post_type"),
        ("chat.postMessage", b'{"channel": "#ours", "text": 1}', "application/json", "invalid_arguments"),
        ("chat.postMessage", b'{"channel": "#ours", "text": null}', "application/json", "no_text"),
        ("conversations.info", b"channel=C1", "application/x-www-form-urlencoded", "channel_not_found"),
        ("conversations.info?channel=C1", b"", "application/x-www-form-urlencoded", "channel_not_found"),
    ],
)
async def test_arguments_come_in_three_ways(
    slack: SlackServer, path: str, body: bytes, content_type: str, code: str
) -> None:
    assert slack.delivery.session is not None
    headers = {"Content-Type": content_type, "Authorization": f"Bearer {slack.bot_token}"}
    async with slack.delivery.session.post(f"{slack.api_url}{path}", data=body, headers=headers) as answer:
        assert (await answer.json())["error"] == code


async def test_there_is_an_end_to_pins_bookmarks_and_reactions(slack: SlackServer, client: AsyncWebClient) -> None:
    channel, ana = slack.channel("#ours"), slack.people["ana"]
    first, *others = [slack.post(channel, ana.id, str(number)) for number in range(101)]
    channel.pins += [one.ts for one in others]
    where = {"channel": channel.id, "timestamp": first.ts}
    assert await error_of(client, "pins.add", **where) == "too_many_pins"
    link = {"channel_id": channel.id, "title": "x", "type": "link", "link": "https://example.org/"}
    assert [await error_of(client, "bookmarks.add", **link) for _ in range(101)][-2:] == ["", "too_many_bookmarks"]
    assert [await error_of(client, "reactions.add", **where, name=f"e{one}") for one in range(24)][-2:] == [
        "",
        "too_many_reactions",
    ]
    others[0].reactions |= {f"e{number}": [ana.id] for number in range(50)}
    assert await error_of(client, "reactions.add", **where | {"timestamp": others[0].ts}, name="x") == "too_many_emoji"


async def test_tokens(slack: SlackServer, client: AsyncWebClient) -> None:
    assert await error_of(web_client(slack, "xoxb-other"), "auth.test") == "invalid_auth"
    assert slack.delivery.session is not None
    async with slack.delivery.session.get(f"{slack.api_url}auth.test") as answer:
        assert (await answer.json())["error"] == "not_authed"
    assert await error_of(web_client(slack, slack.app_token), "auth.test") == "not_allowed_token_type"
    slack.revoke()
    assert await error_of(client, "auth.test") == "token_revoked"
    slack.restore()
    assert await error_of(client, "auth.test") == ""


async def test_some_are_invited_and_some_are_not(slack: SlackServer, client: AsyncWebClient) -> None:
    bo = slack.person("bo")
    channel = slack.channel("#ours")
    with pytest.raises(SlackApiError) as refused:
        await client.conversations_invite(channel=channel.id, users=["U0ANA", bo.id])
    assert refused.value.response["errors"] == [{"user": "U0ANA", "ok": False, "error": "already_in_channel"}]
    assert bo.id not in channel.members
    said = await client.conversations_invite(channel=channel.id, users=["U0ANA", bo.id], force=True)
    assert [one["user"] for one in said["errors"]] == ["U0ANA"]
    assert bo.id in channel.members


async def test_an_update_has_a_shorter_text(slack: SlackServer, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="#ours", text="x")
    where = {"channel": posted["channel"], "ts": posted["ts"]}
    assert await error_of(client, "chat.update", True, **where, text="x" * 4001) == "msg_too_long"
    assert await error_of(client, "chat.update", True, **where) == "no_text"
    slack.archive(slack.channel("#ours"), "U0ANA")
    assert await error_of(client, "chat.update", True, **where, text="y") == "is_inactive"


async def test_a_private_channel_is_not_there_for_a_bot_that_is_not_in_it(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    found = await client.conversations_list(types="public_channel,private_channel")
    assert {one["name"] for one in found["channels"]} == {"general", "ours", "old", "theirs"}


async def test_an_answer_comes_in_pages(slack: SlackServer, client: AsyncWebClient) -> None:
    names: list[str] = []
    async for page in await client.conversations_list(limit=2):
        names += [one["name"] for one in page["channels"]]
    assert sorted(names) == ["general", "old", "ours", "theirs"]


async def test_what_rings_whom(slack: SlackServer, client: AsyncWebClient) -> None:
    mark = {"type": "section", "text": {"type": "mrkdwn", "text": "<!here> &lt;!channel&gt;"}}
    plain = {"type": "section", "text": {"type": "plain_text", "text": "<!everyone>"}}
    await client.chat_postMessage(channel="#ours", text="<@U0ANA> @channel", blocks=[mark, plain])
    message: Message = slack.channel("#ours").messages[-1]
    assert [who for _, _, who in slack.rang] == ["U0ANA", "!here"]
    assert message.shown == "@here <!channel>\n<!everyone>"
    await client.chat_postMessage(channel="#ours", text="@channel", parse="full")
    assert slack.rang[-1][2] == "!channel"
    await client.chat_update(channel=message.channel, ts=message.ts, text="<!channel>")
    assert len(slack.rang) == 3
    parts = [{"type": "broadcast", "range": "everyone"}, {"type": "user", "user_id": "U0ANA"}]
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}
    attachment = {"pretext": "<!subteam^S1>", "text": "<@U0BO|bo>"}
    await client.chat_postMessage(channel="#ours", text="x", blocks=[rich], attachments=[attachment])
    assert [who for _, _, who in slack.rang[3:]] == ["!everyone", "U0ANA", "!subteam^S1", "U0BO"]


async def test_a_deleted_message_with_replies_leaves_a_tombstone(slack: SlackServer, client: AsyncWebClient) -> None:
    ana = slack.people["ana"]
    first = await client.chat_postMessage(channel="#ours", text="x")
    await ana.posts("#ours", "reply", thread=first["ts"])
    await client.chat_delete(channel=first["channel"], ts=first["ts"])
    found = await client.conversations_replies(channel=first["channel"], ts=first["ts"])
    assert [one.get("subtype", one["text"]) for one in found["messages"]] == ["tombstone", "reply"]
