"""pins.*, bookmarks.* and reactions.*."""

from __future__ import annotations

import re
from typing import Any

from tests.contract.servers.slack.api import Args, Asked, timestamp
from tests.contract.servers.slack.model import BOT_USER, Channel, Message
from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.workspace import pin_item

MOST_PINS = 100
MOST_BOOKMARKS = 100
MOST_EMOJI = 50
MOST_REACTIONS = 23
"""Of one person on one message."""
_EMOJI = re.compile(r"(?:[a-z0-9_+'-]{1,100})(?:::skin-tone-[2-6])?")


def _item(asked: Asked, args: Args, *, member: bool = True) -> tuple[Channel, Message]:
    if "channel" not in args or "timestamp" not in args:
        raise Refused("no_item_specified")
    channel = asked.channel(args["channel"], member=member, active=member)
    return channel, asked.workspace.message(channel, timestamp(args["timestamp"]))


def pin(asked: Asked, args: Args) -> dict[str, Any]:
    channel, message = _item(asked, args)
    if message.ts in channel.pins:
        raise Refused("already_pinned")
    if message.subtype.startswith(("channel_", "group_", "tombstone")):
        raise Refused("not_pinnable")
    if len(channel.pins) >= MOST_PINS:
        raise Refused("too_many_pins")
    asked.workspace.pin(channel, message, BOT_USER)
    return {}


def unpin(asked: Asked, args: Args) -> dict[str, Any]:
    channel, message = _item(asked, args)
    if message.ts not in channel.pins:
        raise Refused("no_pin")
    asked.workspace.unpin(channel, message, BOT_USER)
    return {}


def pins(asked: Asked, args: Args) -> dict[str, Any]:
    channel = asked.channel(args["channel"], member=True)
    found = [message for ts in reversed(channel.pins) if (message := channel.message(ts))]
    return {"items": [pin_item(channel, message) for message in found]}


def _bookmarked(asked: Asked, args: Args) -> Channel:
    channel = asked.channel(args["channel_id"])
    if BOT_USER not in channel.members:
        raise Refused("permission_denied" if channel.archived else "access_denied")
    return channel


def _check_bookmark(args: Args) -> None:
    if "link" in args and not re.fullmatch(r"https?://[^\s/]+\S*", args["link"]):
        raise Refused("invalid_link")
    if "emoji" in args and not re.fullmatch(r":[a-z0-9_+'-]+:", args["emoji"]):
        raise Refused("invalid_emoji")


def add_bookmark(asked: Asked, args: Args) -> dict[str, Any]:
    channel = _bookmarked(asked, args)
    if args["type"] != "link":
        raise Refused("invalid_bookmark_type")
    if "link" not in args:
        raise Refused("invalid_link")
    _check_bookmark(args)
    if len(channel.bookmarks) >= MOST_BOOKMARKS:
        raise Refused("too_many_bookmarks")
    found = {
        "id": asked.workspace.new_id("Bk"),
        "channel_id": channel.id,
        "title": args["title"],
        "link": args["link"],
        "emoji": args.get("emoji"),
        "type": "link",
        "icon_url": None,
        "entity_id": None,
        "date_created": channel.created,
        "date_updated": 0,
        "rank": str(len(channel.bookmarks)),
        "last_updated_by_user_id": BOT_USER,
        "last_updated_by_team_id": "",
        "shortcut_id": None,
        "app_id": None,
    }
    channel.bookmarks.append(found)
    return {"bookmark": found}


def _bookmark(channel: Channel, id: str) -> dict[str, Any]:
    for found in channel.bookmarks:
        if found["id"] == id:
            return found
    raise Refused("not_found")


def edit_bookmark(asked: Asked, args: Args) -> dict[str, Any]:
    found = _bookmark(_bookmarked(asked, args), args["bookmark_id"])
    _check_bookmark(args)
    found.update({name: args[name] for name in ("title", "link", "emoji") if name in args})
    return {"bookmark": found}


def bookmarks(asked: Asked, args: Args) -> dict[str, Any]:
    return {"bookmarks": list(_bookmarked(asked, args).bookmarks)}


def remove_bookmark(asked: Asked, args: Args) -> dict[str, Any]:
    channel = _bookmarked(asked, args)
    channel.bookmarks.remove(_bookmark(channel, args["bookmark_id"]))
    return {}


def react(asked: Asked, args: Args) -> dict[str, Any]:
    channel, message = _item(asked, args)
    name = args["name"]
    if not _EMOJI.fullmatch(name):
        raise Refused("invalid_name")
    if BOT_USER in message.reactions.get(name, []):
        raise Refused("already_reacted")
    if name not in message.reactions and len(message.reactions) >= MOST_EMOJI:
        raise Refused("too_many_emoji")
    if sum(BOT_USER in users for users in message.reactions.values()) >= MOST_REACTIONS:
        raise Refused("too_many_reactions")
    asked.workspace.react(channel, message, BOT_USER, name)
    return {}


def unreact(asked: Asked, args: Args) -> dict[str, Any]:
    channel, message = _item(asked, args)
    if not _EMOJI.fullmatch(args["name"]):
        raise Refused("invalid_name")
    if BOT_USER not in message.reactions.get(args["name"], []):
        raise Refused("no_reaction")
    asked.workspace.unreact(channel, message, BOT_USER, args["name"])
    return {}


def reactions(asked: Asked, args: Args) -> dict[str, Any]:
    channel, message = _item(asked, args, member=False)
    return {"type": "message", "channel": channel.id, "message": {**message.as_slack(), "permalink": message.permalink}}


METHODS = {
    "pins.add": pin,
    "pins.remove": unpin,
    "pins.list": pins,
    "bookmarks.add": add_bookmark,
    "bookmarks.edit": edit_bookmark,
    "bookmarks.list": bookmarks,
    "bookmarks.remove": remove_bookmark,
    "reactions.add": react,
    "reactions.remove": unreact,
    "reactions.get": reactions,
}
