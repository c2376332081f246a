"""chat.*: what the bot says."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.contract.servers.slack import texts
from tests.contract.servers.slack.api import Args, Asked, timestamp
from tests.contract.servers.slack.blocks import LONGEST_MARKDOWN, check_message_blocks
from tests.contract.servers.slack.model import BOT_USER, Channel, Message
from tests.contract.servers.slack.refused import Refused

LONGEST_TEXT = 40_000
LONGEST_UPDATE = 4_000
LONGEST_BLOCKS = 11_000
"""Characters in all texts of a message's blocks. Slack names no number; people saw it refuse 11,341."""
LARGEST_METADATA = 8_000
"""Characters of JSON. Slack names no number."""
MOST_ATTACHMENTS = 100
_EVENT_TYPE = re.compile(r"[A-Za-z0-9_.-]{1,255}")


def content(args: Args, *, longest: int = LONGEST_TEXT) -> dict[str, Any]:
    """The text and blocks of a message, checked. Raises Refused."""
    text, blocks, attachments = args.get("text", ""), args.get("blocks", []), args.get("attachments", [])
    if markdown := args.get("markdown_text", ""):
        if text or blocks:
            raise Refused("markdown_text_conflict")
        if len(markdown) > LONGEST_MARKDOWN:
            raise Refused("msg_too_long")
        text = markdown
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    if not isinstance(attachments, list) or any("blocks" in one and not one["blocks"] for one in attachments):
        raise Refused("invalid_attachments")
    if len(attachments) > MOST_ATTACHMENTS:
        raise Refused("too_many_attachments")
    if not text.strip() and not blocks and not attachments:
        raise Refused("no_text")
    if len(text) > longest:
        raise Refused("msg_too_long")
    check_message_blocks(blocks)
    for attachment in attachments:
        check_message_blocks(attachment.get("blocks", []))
    if _length(blocks) > LONGEST_BLOCKS:
        raise Refused("msg_blocks_too_long")
    return {"text": text, "blocks": blocks, "attachments": attachments}


def _length(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_length, value))
    if not isinstance(value, dict):
        return 0
    return sum(len(one) if name == "text" and isinstance(one, str) else _length(one) for name, one in value.items())


def metadata(args: Args) -> dict[str, Any]:
    found = args.get("metadata", {})
    if not found:
        return {}
    if not isinstance(found, dict) or found.keys() - {"event_type", "event_payload", "entities"}:
        raise Refused("invalid_metadata_format")
    if not isinstance(found.get("event_payload"), dict) or not all(map(_flat, found["event_payload"].values())):
        raise Refused("invalid_metadata_schema")
    if not _EVENT_TYPE.fullmatch(str(found.get("event_type", ""))):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(found)) > LARGEST_METADATA:
        raise Refused("metadata_too_large")
    return found


def _flat(value: Any, depth: int = 0) -> bool:
    """Words, numbers and truths, and one level of lists and objects of them."""
    if isinstance(value, dict) and not depth:
        return all(_flat(one, 1) for one in value.values())
    if isinstance(value, list) and not depth:
        return all(_flat(one) for one in value)
    return isinstance(value, str | int | float | bool)


def _where(asked: Asked, id: str) -> Channel:
    """An id, `#name`, or a person's id for the direct conversation with that person."""
    workspace = asked.workspace
    if id.startswith("#"):
        found = [
            one.id for one in workspace.channels.values() if one.name == id[1:] and one.kind in ("public", "private")
        ]
        id = found[0] if found else ""
    elif (user := workspace.users.get(id)) and not user.deleted and id != BOT_USER:
        return workspace.direct([BOT_USER, id])
    channel = asked.channel(id)
    if channel.archived:
        raise Refused("is_archived")
    if BOT_USER not in channel.members and "chat:write.public" not in asked.scopes:
        raise Refused("not_in_channel")
    return channel


def thread_of(channel: Channel, args: Args) -> str:
    """A reply to a reply goes into the same thread."""
    if "thread_ts" not in args:
        return ""
    found = channel.message(timestamp(args["thread_ts"], "thread_not_found"))
    if found is None:
        raise Refused("thread_not_found")
    if found.subtype.startswith(("channel_", "group_")):
        raise Refused("cannot_reply_to_message")
    return found.thread_ts or found.ts


def _customised(asked: Asked, args: Args) -> None:
    if args.keys() & {"username", "icon_emoji", "icon_url"}:
        asked.need("chat:write.customize")
    if args.get("as_user"):
        raise Refused("as_user_not_supported")


def _shows(asked: Asked, checked: dict[str, Any]) -> None:
    """Files that blocks show are there. Raises Refused."""
    asked.workspace.uploads.check(asked.workspace.files, checked["blocks"])


def linked(args: Args) -> bool:
    return bool(args.get("link_names")) or args.get("parse") == "full"


def post(asked: Asked, args: Args) -> dict[str, Any]:
    _customised(asked, args)
    channel = _where(asked, args["channel"])
    thread = thread_of(channel, args)
    checked = {**content(args), "metadata": metadata(args)}
    _shows(asked, checked)
    more = {"thread_ts": thread, "broadcast": args.get("reply_broadcast", False), "linked": linked(args)}
    message = asked.workspace.post(channel, BOT_USER, checked.pop("text"), **checked, **more)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_slack(metadata=True)}


def _own(asked: Asked, args: Args, code: str) -> tuple[Channel, Message]:
    channel = asked.channel(args["channel"])
    message = asked.workspace.message(channel, timestamp(args["ts"], "message_not_found"))
    if not message.by_bot or message.subtype:
        raise Refused(code)
    return channel, message


def update(asked: Asked, args: Args) -> dict[str, Any]:
    """With a text and no blocks the blocks are gone; attachments and metadata stay if nothing is said of them."""
    channel, message = _own(asked, args, "cant_update_message")
    if channel.archived:
        raise Refused("is_inactive")
    changed = content(args, longest=LONGEST_UPDATE)
    _shows(asked, changed)
    if "attachments" not in args:
        del changed["attachments"]
    if "text" not in args and "markdown_text" not in args and "blocks" not in args:
        del changed["blocks"]
    if "metadata" in args:
        changed["metadata"] = metadata(args)
    asked.workspace.edit(channel, message, BOT_USER, **changed)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message.as_slack(metadata=True)}


def delete(asked: Asked, args: Args) -> dict[str, Any]:
    channel, message = _own(asked, args, "cant_delete_message")
    asked.workspace.delete(channel, message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(asked: Asked, args: Args) -> dict[str, Any]:
    _customised(asked, args)
    channel = asked.channel(args["channel"], active=True, member=True)
    if args["user"] not in channel.members:
        raise Refused("user_not_in_channel")
    thread = thread_of(channel, args)
    checked = content(args)
    _shows(asked, checked)
    message = show(asked, channel, args["user"], checked, thread)
    return {"message_ts": message.ts}


def show(asked: Asked, channel: Channel, user: str, checked: dict[str, Any], thread: str = "") -> Message:
    """Only that person sees it, and nobody finds it again."""
    workspace = asked.workspace
    message = Message(
        channel.id, workspace.now(), user=BOT_USER, name_of=workspace.name_of, by_bot=True, ephemeral=True, **checked
    )
    message.thread_ts = thread
    workspace.fill_in(message.blocks)
    workspace.ephemeral.setdefault((channel.id, user), []).append(message)
    return message


def permalink(asked: Asked, args: Args) -> dict[str, Any]:
    channel = asked.channel(args["channel"])
    message = asked.workspace.message(channel, timestamp(args["message_ts"], "message_not_found"))
    return {"channel": channel.id, "permalink": message.permalink}


def unfurl(asked: Asked, args: Args) -> dict[str, Any]:
    """A preview only of an address that the message has. Raises Refused."""
    if "unfurl_id" in args or "source" in args:
        raise Refused("missing_source" if "source" not in args else "invalid_unfurl_id")
    for name in ("channel", "ts", "unfurls"):
        if name not in args:
            raise Refused(f"missing_{name}")
    channel = asked.workspace.channels.get(args["channel"])
    if channel is None:
        raise Refused("cannot_find_channel")
    message = asked.workspace.message(channel, args["ts"], "cannot_find_message")
    unfurls = args["unfurls"]
    if not isinstance(unfurls, dict) or not all(isinstance(one, dict) for one in unfurls.values()):
        raise Refused("invalid_unfurls_format")
    links = {mark.partition("|")[0] for mark in texts.MARK.findall(message.text)}
    if not unfurls.keys() <= links | {texts.unescaped(one) for one in links}:
        raise Refused("cannot_unfurl_message")
    for one in unfurls.values():
        check_message_blocks(one.get("blocks", []))
    asked.workspace.unfurls.append({"channel": channel.id, "ts": message.ts, "unfurls": unfurls})
    return {}


METHODS = {
    "chat.postMessage": post,
    "chat.update": update,
    "chat.delete": delete,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": permalink,
    "chat.unfurl": unfurl,
}
