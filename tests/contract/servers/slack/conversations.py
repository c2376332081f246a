"""conversations.* that make and change channels."""

from __future__ import annotations

import re
from typing import Any

from tests.contract.servers.slack.api import Args, Asked
from tests.contract.servers.slack.model import BOT_USER, Channel
from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.table import CHANNEL_SCOPES

LONGEST_NAME = 80
LONGEST_TOPIC = 250
MOST_INVITED = 100
MOST_IN_GROUP_MESSAGE = 8


def check_name(asked: Asked, name: str) -> None:
    if not name:
        raise Refused("invalid_name_required")
    if len(name) > LONGEST_NAME:
        raise Refused("invalid_name_maxlength")
    if re.fullmatch(r"[-_]+", name):
        raise Refused("invalid_name_punctuation")
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise Refused("invalid_name_specials")
    if asked.workspace.taken(name):
        raise Refused("name_taken")


def _said(channel: Channel) -> dict[str, Any]:
    return {"channel": channel.as_slack(BOT_USER)}


def create(asked: Asked, args: Args) -> dict[str, Any]:
    private = args.get("is_private", False)
    asked.need(*CHANNEL_SCOPES["manage"]["private" if private else "public"])
    check_name(asked, args["name"])
    return _said(asked.workspace.new_channel(args["name"], creator=BOT_USER, private=private, members=[BOT_USER]))


def join(asked: Asked, args: Args) -> dict[str, Any]:
    channel = asked.room(args["channel"], active=True)
    if channel.is_private and BOT_USER not in channel.members:
        raise Refused("channel_not_found")
    already = BOT_USER in channel.members
    asked.workspace.join(channel, BOT_USER)
    if already:
        return {
            **_said(channel),
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    return _said(channel)


def _invite_error(asked: Asked, channel: Channel, id: str) -> str:
    user = asked.workspace.users.get(id)
    if id == BOT_USER:
        return "cant_invite_self"
    if user is None:
        return "user_not_found"
    if user.deleted:
        return "cant_invite"
    if user.stranger:
        return "no_external_invite_permission"
    return "already_in_channel" if id in channel.members else ""


def invite(asked: Asked, args: Args) -> dict[str, Any]:
    """With `force` those are invited who can be, unless it is nobody."""
    channel = asked.room(args["channel"], active=True, member=True)
    users = args["users"]
    if not users:
        raise Refused("no_user")
    if len(users) > MOST_INVITED:
        raise Refused("invalid_arguments")
    wrong = {user: error for user in users if (error := _invite_error(asked, channel, user))}
    errors = [{"user": user, "ok": False, "error": error} for user, error in wrong.items()]
    welcome = [user for user in users if user not in wrong]
    if wrong and (not args.get("force") or not welcome):
        raise Refused(next(iter(wrong.values())), errors=errors)
    for user in welcome:
        asked.workspace.join(channel, user, inviter=BOT_USER)
    return _said(channel) | ({"errors": errors} if errors else {})


def kick(asked: Asked, args: Args) -> dict[str, Any]:
    channel = asked.room(args["channel"], member=True)
    user = args["user"]
    if user == BOT_USER:
        raise Refused("cant_kick_self")
    if user not in asked.workspace.users:
        raise Refused("user_not_found")
    if channel.general:
        raise Refused("cant_kick_from_general")
    if user not in channel.members:
        raise Refused("not_in_channel")
    asked.workspace.leave(channel, user)
    return {"errors": {}}


def archive(asked: Asked, args: Args) -> dict[str, Any]:
    channel = asked.room(args["channel"])
    if channel.general:
        raise Refused("cant_archive_general")
    if channel.archived:
        raise Refused("already_archived")
    if BOT_USER not in channel.members:
        raise Refused("not_in_channel")
    asked.workspace.archive(channel, BOT_USER)
    return {}


def unarchive(asked: Asked, args: Args) -> dict[str, Any]:
    """Never by a bot: it was put out of the channel when that was archived."""
    channel = asked.room(args["channel"])
    raise Refused("not_in_channel" if channel.archived else "not_archived")


def set_topic(asked: Asked, args: Args) -> dict[str, Any]:
    channel = asked.room(args["channel"], active=True, member=True)
    if len(args["topic"]) > LONGEST_TOPIC:
        raise Refused("too_long")
    asked.workspace.set_topic(channel, BOT_USER, args["topic"])
    return {**_said(channel), "topic": args["topic"]}


def set_purpose(asked: Asked, args: Args) -> dict[str, Any]:
    channel = asked.room(args["channel"], active=True, member=True)
    if len(args["purpose"]) > LONGEST_TOPIC:
        raise Refused("too_long")
    asked.workspace.set_purpose(channel, BOT_USER, args["purpose"])
    return {**_said(channel), "purpose": args["purpose"]}


def rename(asked: Asked, args: Args) -> dict[str, Any]:
    """A bot renames what it made."""
    channel = asked.room(args["channel"], active=True, member=True)
    if channel.creator != BOT_USER or channel.general:
        raise Refused("not_authorized")
    if channel.name != args["name"]:
        check_name(asked, args["name"])
        asked.workspace.rename(channel, BOT_USER, args["name"])
    return _said(channel)


def open(asked: Asked, args: Args) -> dict[str, Any]:
    if "channel" in args:
        found = asked.channel(args["channel"])
        if found.kind not in ("im", "mpim"):
            raise Refused("method_not_supported_for_channel_type")
    else:
        found = asked.workspace.direct([BOT_USER, *_users(asked, args)])
    said = found.as_slack(BOT_USER)
    return {"channel": said if args.get("return_im") else {"id": found.id}}


def _users(asked: Asked, args: Args) -> list[str]:
    users = list(dict.fromkeys(args.get("users", [])))
    if not users:
        raise Refused("users_list_not_supplied")
    if len(users) > MOST_IN_GROUP_MESSAGE:
        raise Refused("too_many_users")
    if users == [BOT_USER]:
        raise Refused("not_enough_users")
    asked.need("im:write" if len(users) == 1 else "mpim:write")
    for id in users:
        user = asked.workspace.users.get(id)
        if user is None:
            raise Refused("user_not_found")
        if user.deleted:
            raise Refused("user_disabled")
        if user.stranger:
            raise Refused("user_not_visible")
    return [id for id in users if id != BOT_USER]


METHODS = {
    "conversations.create": create,
    "conversations.join": join,
    "conversations.invite": invite,
    "conversations.kick": kick,
    "conversations.archive": archive,
    "conversations.unarchive": unarchive,
    "conversations.setTopic": set_topic,
    "conversations.setPurpose": set_purpose,
    "conversations.rename": rename,
    "conversations.open": open,
}
