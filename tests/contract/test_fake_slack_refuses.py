"""Each rule of the fake Slack is seen to refuse, with the code that Slack documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import SlackServer
from tests.contract.slack_clients import error_of, web_client
from tests.contract.slack_stage import named, staged


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with staged() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return web_client(slack)


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
