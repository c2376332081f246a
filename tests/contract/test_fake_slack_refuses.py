"""Each rule of the fake Slack is seen to refuse, with the code that Slack documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import ALL_SCOPES, File, Message, Person, SlackServer
from tests.contract.slack_clients import error_of, web_client


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """Channels: #ours (the bot and ana), #theirs (ana, public), #secret (ana, private), #old (archived, was ours)."""
    async with SlackServer() as slack:
        ana = slack.person("ana")
        for name in ("ours", "old"):
            channel = slack.new_channel(name, creator=slack.bot_user, members=[slack.bot_user, ana.id])
            slack.post(channel, ana.id, "from ana")
        slack.archive(slack.channel("#old"), ana.id)
        await ana.creates("theirs")
        await ana.creates("secret", private=True)
        slack.person("gone", deleted=True)
        slack.person("stranger", team="T0STRANGE1")
        slack.join(slack.channel("#general"), slack.bot_user)
        for id, where in [("F0GONE", "#ours"), ("F0SECRET", "#secret")]:
            found = File(id, "x.txt", b"", "text/plain", ana.id, "", [slack.channel(where).id], deleted="GONE" in id)
            slack.files[id] = found
        yield slack


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return web_client(slack)


def named(slack: SlackServer, value: Any) -> Any:
    """`#name` is the id of that channel, `said` the timestamp of the message in it."""
    if value == "said":
        return slack.channel("#ours").messages[-1].ts
    if value == "joined":
        return slack.channel("#ours").messages[0].ts
    return slack.channel(value).id if isinstance(value, str) and value.startswith("#") else value


@pytest.mark.parametrize(
    ("method", "args", "code"),
    [
        ("auth.nothing", {}, "unknown_method"),
        ("auth.test", {"verbose": "1"}, "invalid_arg_name"),
        ("conversations.info", {}, "missing_argument"),
        ("conversations.list", {"limit": "many"}, "invalid_arguments"),
        ("conversations.list", {"exclude_archived": "yes"}, "invalid_arguments"),
        ("conversations.list", {"limit": "1001"}, "invalid_limit"),
        ("conversations.list", {"cursor": "x"}, "invalid_cursor"),
        ("conversations.list", {"types": "public"}, "invalid_types"),
        ("apps.connections.open", {}, "not_allowed_token_type"),
        ("team.info", {"team": "T1"}, "team_not_found"),
        ("conversations.create", {}, "invalid_name_required"),
        ("conversations.create", {"name": "x" * 81}, "invalid_name_maxlength"),
        ("conversations.create", {"name": "Inc"}, "invalid_name_specials"),
        ("conversations.create", {"name": "inc 1"}, "invalid_name_specials"),
        ("conversations.create", {"name": "--"}, "invalid_name_punctuation"),
        ("conversations.create", {"name": "ours"}, "name_taken"),
        ("conversations.create", {"name": "old"}, "name_taken"),
        ("conversations.create", {"name": "secret"}, "name_taken"),
        ("conversations.info", {"channel": "C1"}, "channel_not_found"),
        ("conversations.info", {"channel": "#secret"}, "channel_not_found"),
        ("conversations.members", {"channel": "#secret"}, "channel_not_found"),
        ("conversations.join", {"channel": "#secret"}, "channel_not_found"),
        ("conversations.join", {"channel": "#old"}, "is_archived"),
        ("conversations.invite", {"channel": "#theirs", "users": "U0ANA"}, "not_in_channel"),
        ("conversations.invite", {"channel": "#old", "users": "U0ANA"}, "is_archived"),
        ("conversations.invite", {"channel": "#ours"}, "no_user"),
        ("conversations.invite", {"channel": "#ours", "users": "U0ANA"}, "already_in_channel"),
        ("conversations.invite", {"channel": "#ours", "users": "U0KLATSCH1"}, "cant_invite_self"),
        ("conversations.invite", {"channel": "#ours", "users": "U1"}, "user_not_found"),
        ("conversations.invite", {"channel": "#ours", "users": "U0GONE"}, "cant_invite"),
        ("conversations.invite", {"channel": "#ours", "users": "U0STRANGER"}, "no_external_invite_permission"),
        ("conversations.invite", {"channel": "#ours", "users": ",".join(["U1"] * 101)}, "invalid_arguments"),
        ("conversations.kick", {"channel": "#ours", "user": "U0KLATSCH1"}, "cant_kick_self"),
        ("conversations.kick", {"channel": "#ours", "user": "U1"}, "user_not_found"),
        ("conversations.kick", {"channel": "#ours", "user": "U0STRANGER"}, "not_in_channel"),
        ("conversations.archive", {"channel": "#general"}, "cant_archive_general"),
        ("conversations.archive", {"channel": "#old"}, "already_archived"),
        ("conversations.archive", {"channel": "#theirs"}, "not_in_channel"),
        ("conversations.unarchive", {"channel": "#old"}, "not_in_channel"),
        ("conversations.unarchive", {"channel": "#ours"}, "not_archived"),
        ("conversations.setTopic", {"channel": "#ours", "topic": "x" * 251}, "too_long"),
        ("conversations.setTopic", {"channel": "#old", "topic": "x"}, "is_archived"),
        ("conversations.setTopic", {"channel": "#theirs", "topic": "x"}, "not_in_channel"),
        ("conversations.setPurpose", {"channel": "#ours", "purpose": "x" * 251}, "too_long"),
        ("conversations.rename", {"channel": "#ours", "name": "theirs"}, "name_taken"),
        ("conversations.rename", {"channel": "#old", "name": "older"}, "is_archived"),
        ("conversations.history", {"channel": "#theirs"}, "not_in_channel"),
        ("conversations.history", {"channel": "#old"}, "not_in_channel"),
        ("conversations.history", {"channel": "#secret"}, "channel_not_found"),
        ("conversations.history", {"channel": "#ours", "oldest": "yesterday"}, "invalid_ts_oldest"),
        ("conversations.history", {"channel": "#ours", "latest": "now"}, "invalid_ts_latest"),
        ("conversations.replies", {"channel": "#ours", "ts": "1764244800.000100"}, "thread_not_found"),
        ("conversations.open", {}, "users_list_not_supplied"),
        ("conversations.open", {"users": "U1"}, "user_not_found"),
        ("conversations.open", {"users": "U0GONE"}, "user_disabled"),
        ("conversations.open", {"users": "U0KLATSCH1"}, "not_enough_users"),
        ("conversations.open", {"users": "U1,U2,U3,U4,U5,U6,U7,U8,U9"}, "too_many_users"),
        ("conversations.open", {"channel": "#ours"}, "method_not_supported_for_channel_type"),
        ("users.info", {"user": "U1"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "nobody@example.org"}, "users_not_found"),
        ("users.lookupByEmail", {"email": "gone@example.org"}, "users_not_found"),
        ("usergroups.users.list", {"usergroup": "S1"}, "no_such_subteam"),
        ("files.info", {"file": "F1"}, "file_not_found"),
        ("chat.postMessage", {"channel": "#ours"}, "no_text"),
        ("chat.postMessage", {"channel": "#ours", "text": " "}, "no_text"),
        ("chat.postMessage", {"channel": "#ours", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "#secret", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#old", "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": "ours", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#ours", "text": "x", "thread_ts": "1764244800.000100"}, "thread_not_found"),
        ("chat.postMessage", {"channel": "#ours", "text": "x", "thread_ts": "joined"}, "cannot_reply_to_message"),
        ("chat.postMessage", {"channel": "#ours", "text": "x", "markdown_text": "x"}, "markdown_text_conflict"),
        ("chat.postMessage", {"channel": "#ours", "text": "x", "as_user": True}, "as_user_not_supported"),
        ("chat.postMessage", {"channel": "#ours", "text": "x", "blocks": "["}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": "#ours", "text": "x", "metadata": "{"}, "invalid_metadata_format"),
        ("chat.postMessage", {"channel": "#ours", "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        (
            "chat.postMessage",
            {"channel": "#ours", "text": "x", "metadata": {"event_type": "a b", "event_payload": {}}},
            "invalid_metadata_schema",
        ),
        (
            "chat.postMessage",
            {"channel": "#ours", "text": "x", "metadata": {"event_type": "k", "event_payload": {"a": {"b": {}}}}},
            "invalid_metadata_schema",
        ),
        (
            "chat.postMessage",
            {"channel": "#ours", "text": "x", "metadata": {"event_type": "k", "event_payload": {"a": "x" * 9000}}},
            "metadata_too_large",
        ),
        ("chat.update", {"channel": "#ours", "ts": "1764244800.000100", "text": "x"}, "message_not_found"),
        ("chat.update", {"channel": "#ours", "ts": "said", "text": "x"}, "cant_update_message"),
        ("chat.delete", {"channel": "#ours", "ts": "said"}, "cant_delete_message"),
        ("chat.postEphemeral", {"channel": "#ours", "user": "U0STRANGER", "text": "x"}, "user_not_in_channel"),
        ("chat.postEphemeral", {"channel": "#theirs", "user": "U0ANA", "text": "x"}, "not_in_channel"),
        ("chat.postEphemeral", {"channel": "#old", "user": "U0ANA", "text": "x"}, "is_archived"),
        ("chat.getPermalink", {"channel": "#ours", "message_ts": "1764244800.000100"}, "message_not_found"),
        ("chat.unfurl", {"channel": "#ours", "ts": "said"}, "missing_unfurls"),
        ("chat.unfurl", {"channel": "#ours", "ts": "said", "unfurls": {"https://a.b/": {}}}, "cannot_unfurl_message"),
        ("pins.add", {"channel": "#ours"}, "no_item_specified"),
        ("pins.add", {"channel": "#ours", "timestamp": "1"}, "bad_timestamp"),
        ("pins.add", {"channel": "#ours", "timestamp": "1764244800.000100"}, "message_not_found"),
        ("pins.add", {"channel": "#ours", "timestamp": "joined"}, "not_pinnable"),
        ("pins.add", {"channel": "#theirs", "timestamp": "1764244800.000100"}, "not_in_channel"),
        ("pins.remove", {"channel": "#ours", "timestamp": "said"}, "no_pin"),
        ("bookmarks.add", {"channel_id": "#ours", "title": "x", "type": "link"}, "invalid_link"),
        ("bookmarks.add", {"channel_id": "#ours", "title": "x", "type": "link", "link": "file:x"}, "invalid_link"),
        ("bookmarks.add", {"channel_id": "#ours", "title": "x", "type": "tab"}, "invalid_bookmark_type"),
        ("bookmarks.add", {"channel_id": "#ours", "title": "x" * 257, "type": "link"}, "invalid_arguments"),
        ("bookmarks.add", {"channel_id": "#theirs", "title": "x", "type": "link"}, "access_denied"),
        ("bookmarks.add", {"channel_id": "#old", "title": "x", "type": "link"}, "permission_denied"),
        ("bookmarks.edit", {"channel_id": "#ours", "bookmark_id": "Bk1"}, "not_found"),
        ("bookmarks.remove", {"channel_id": "#ours", "bookmark_id": "Bk1"}, "not_found"),
        ("reactions.add", {"channel": "#ours", "timestamp": "said", "name": ":eyes:"}, "invalid_name"),
        ("reactions.add", {"channel": "#ours", "timestamp": "1764244800.000100", "name": "eyes"}, "message_not_found"),
        ("reactions.add", {"channel": "#old", "timestamp": "said", "name": "eyes"}, "is_archived"),
        ("reactions.remove", {"channel": "#ours", "timestamp": "said", "name": "eyes"}, "no_reaction"),
        ("conversations.kick", {"channel": "#general", "user": "U0ANA"}, "cant_kick_from_general"),
        ("conversations.rename", {"channel": "#general", "name": "all"}, "not_authorized"),
        ("conversations.open", {"users": "U0STRANGER"}, "user_not_visible"),
        ("files.info", {"file": "F0GONE"}, "file_deleted"),
        ("files.info", {"file": "F0SECRET"}, "not_visible"),
        ("chat.unfurl", {"channel": "C1", "ts": "said", "unfurls": {}}, "cannot_find_channel"),
        ("chat.unfurl", {"channel": "#ours", "ts": "said", "unfurls": {"https://a.b/": 1}}, "invalid_unfurls_format"),
        ("chat.unfurl", {"unfurl_id": "x"}, "missing_source"),
        ("chat.unfurl", {"unfurl_id": "x", "source": "composer"}, "invalid_unfurl_id"),
        (
            "bookmarks.add",
            {"channel_id": "#ours", "title": "x", "type": "link", "link": "https://a.b/", "emoji": "x"},
            "invalid_emoji",
        ),
        ("views.open", {"view": {}}, "invalid_arguments"),
        ("views.publish", {"user_id": "U1", "view": {"type": "home", "blocks": []}}, "invalid_arguments"),
    ],
)
async def test_what_is_refused(
    slack: SlackServer, client: AsyncWebClient, method: str, args: dict[str, Any], code: str
) -> None:
    by_name = method.startswith("chat.postMessage") and args["channel"] == "#ours"
    given = {name: value if by_name and name == "channel" else named(slack, value) for name, value in args.items()}
    json = any(not isinstance(value, str) for value in given.values()) or method.startswith(("chat.p", "chat.u"))
    assert await error_of(client, method, json, **given) == code
    assert slack.calls[-1].error == code


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


async def test_a_deleted_message_with_replies_leaves_a_tombstone(slack: SlackServer, client: AsyncWebClient) -> None:
    ana: Person = slack.people["ana"]
    first = await client.chat_postMessage(channel="#ours", text="x")
    await ana.posts("#ours", "reply", thread=first["ts"])
    await client.chat_delete(channel=first["channel"], ts=first["ts"])
    found = await client.conversations_replies(channel=first["channel"], ts=first["ts"])
    assert [one.get("subtype", one["text"]) for one in found["messages"]] == ["tombstone", "reply"]
