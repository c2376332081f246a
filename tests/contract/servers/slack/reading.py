"""Methods that only look: channels and their history, people, groups, the team, files."""

from __future__ import annotations

from typing import Any

from tests.contract.servers.slack.api import Args, Asked, page, timestamp
from tests.contract.servers.slack.model import BOT_ID, BOT_NAME, BOT_USER, TEAM, URL, Channel, Message
from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.table import CHANNEL_SCOPES

KINDS = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}
MOST_OF_A_HISTORY = 999


def auth_test(asked: Asked, args: Args) -> dict[str, Any]:
    team = {"url": URL, "team": "Example", "team_id": TEAM}
    return team | {"user": BOT_NAME, "user_id": BOT_USER, "bot_id": BOT_ID, "is_enterprise_install": False}


def team_info(asked: Asked, args: Args) -> dict[str, Any]:
    if args.get("team", TEAM) != TEAM:
        raise Refused("team_not_found")
    return {"team": {"id": TEAM, "name": "Example", "url": URL, "domain": "example", "email_domain": "example.org"}}


def info(asked: Asked, args: Args) -> dict[str, Any]:
    found = asked.channel(args["channel"])
    return {"channel": found.as_slack(BOT_USER, members=args.get("include_num_members", False))}


def members(asked: Asked, args: Args) -> dict[str, Any]:
    found, following = page(asked.channel(args["channel"]).members, args)
    return {"members": found, **following}


def _of_kinds(asked: Asked, args: Args) -> list[Channel]:
    kinds = args.get("types", ["public_channel"])
    if not kinds or set(kinds) - KINDS.keys():
        raise Refused("invalid_types")
    for kind in kinds:
        asked.need(*CHANNEL_SCOPES["read"][KINDS[kind]])
    wanted = {KINDS[kind] for kind in kinds}
    found = [one for one in asked.workspace.channels.values() if one.kind in wanted]
    return [one for one in found if not (args.get("exclude_archived") and one.archived)]


def list_channels(asked: Asked, args: Args) -> dict[str, Any]:
    found = [one for one in _of_kinds(asked, args) if not one.is_private or BOT_USER in one.members]
    shown, following = page(found, args)
    return {"channels": [one.as_slack(BOT_USER, members=True) for one in shown], **following}


def of_user(asked: Asked, args: Args) -> dict[str, Any]:
    """Of somebody else only those that the bot sees too."""
    user = args.get("user", BOT_USER)
    if user not in asked.workspace.users:
        raise Refused("user_not_found")
    found = [one for one in _of_kinds(asked, args) if user in one.members]
    shown, following = page([one for one in found if not one.is_private or BOT_USER in one.members], args)
    return {"channels": [one.as_slack(BOT_USER) for one in shown], **following}


def _between(messages: list[Message], args: Args) -> list[Message]:
    """Those of the time asked for, the bounds only if `inclusive`."""
    oldest, latest = _bound(args, "oldest"), _bound(args, "latest")
    inclusive = args.get("inclusive", False)
    at = {one.ts: float(one.ts) for one in messages}
    return [
        one
        for one in messages
        if (oldest is None or at[one.ts] > oldest or (inclusive and at[one.ts] == oldest))
        and (latest is None or at[one.ts] < latest or (inclusive and at[one.ts] == latest))
    ]


def _bound(args: Args, name: str) -> float | None:
    try:
        return float(args[name]) if args.get(name) else None
    except ValueError:
        raise Refused(f"invalid_ts_{name}") from None


def history(asked: Asked, args: Args) -> dict[str, Any]:
    """Newest first, without replies but those that were sent to the channel as well."""
    channel = asked.channel(args["channel"], member=True)
    seen = [one for one in channel.messages if not one.is_reply or one.broadcast]
    shown, following = page(_between(seen, args)[::-1], args, most=MOST_OF_A_HISTORY)
    more = bool(following["response_metadata"]["next_cursor"])
    said = {"messages": [_said(channel, one, args) for one in shown], "has_more": more, "pin_count": len(channel.pins)}
    return said | (following if more else {})


def replies(asked: Asked, args: Args) -> dict[str, Any]:
    """The message first, then what was replied, oldest first."""
    channel = asked.channel(args["channel"], member=True)
    found = channel.message(timestamp(args["ts"], "thread_not_found"))
    if found is None:
        raise Refused("thread_not_found")
    if found.is_reply:
        return {"messages": [_said(channel, found, args)], "has_more": False}
    thread = channel.thread(found.ts)
    shown, following = page([found, *_between(thread, args)], args)
    more = bool(following["response_metadata"]["next_cursor"])
    said = {"messages": [_said(channel, one, args) for one in shown], "has_more": more}
    return said | (following if more else {})


def _said(channel: Channel, message: Message, args: Args) -> dict[str, Any]:
    said = message.as_slack(metadata=args.get("include_all_metadata", False))
    if message.ts in channel.pins:
        said["pinned_to"] = [channel.id]
    if thread := channel.thread(message.ts):
        users = list(dict.fromkeys(one.user for one in thread))
        said |= {"reply_count": len(thread), "reply_users": users, "latest_reply": thread[-1].ts}
    elif message.is_reply and (parent := channel.message(message.thread_ts)):
        said["parent_user_id"] = parent.user
    return said


def user_info(asked: Asked, args: Args) -> dict[str, Any]:
    found = asked.workspace.users.get(args["user"])
    if found is None:
        raise Refused("user_not_found")
    return {"user": found.as_slack(email="users:read.email" in asked.scopes)}


def list_users(asked: Asked, args: Args) -> dict[str, Any]:
    found = [one for one in asked.workspace.users.values() if not one.stranger]
    shown, following = page(found, args)
    email = "users:read.email" in asked.scopes
    return {"members": [one.as_slack(email=email) for one in shown], "cache_ts": 1764244800, **following}


def by_email(asked: Asked, args: Args) -> dict[str, Any]:
    for found in asked.workspace.users.values():
        if found.email.lower() == args["email"].lower() and not (found.deleted or found.bot or found.stranger):
            return {"user": found.as_slack()}
    raise Refused("users_not_found")


def usergroups(asked: Asked, args: Args) -> dict[str, Any]:
    found = [one for one in asked.workspace.usergroups.values() if not one.disabled or args.get("include_disabled")]
    users, count = args.get("include_users", False), args.get("include_count", False)
    return {"usergroups": [one.as_slack(users=users, count=count) for one in found]}


def usergroup_users(asked: Asked, args: Args) -> dict[str, Any]:
    found = asked.workspace.usergroups.get(args["usergroup"])
    if found is None or (found.disabled and not args.get("include_disabled")):
        raise Refused("no_such_subteam")
    return {"users": list(found.users)}


def file_info(asked: Asked, args: Args) -> dict[str, Any]:
    """A file is seen where it was shared."""
    found = asked.workspace.files.get(args["file"])
    if found is None:
        raise Refused("file_not_found")
    if found.deleted:
        raise Refused("file_deleted")
    if not any(BOT_USER in asked.workspace.channels[one].members for one in found.channels):
        raise Refused("not_visible")
    return {"file": found.as_slack(), "comments": []}


METHODS = {
    "auth.test": auth_test,
    "team.info": team_info,
    "conversations.info": info,
    "conversations.members": members,
    "conversations.list": list_channels,
    "conversations.history": history,
    "conversations.replies": replies,
    "users.conversations": of_user,
    "users.info": user_info,
    "users.list": list_users,
    "users.lookupByEmail": by_email,
    "usergroups.list": usergroups,
    "usergroups.users.list": usergroup_users,
    "files.info": file_info,
}
