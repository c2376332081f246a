"""A workspace and what can be done in it, by whomever: by people and, through the Web API, by the bot. What is done here is
seen in the history and told as events; who may do it is for the caller to say."""

from __future__ import annotations

import copy
import itertools
import time
from typing import Any

from tests.contract.servers.slack import texts
from tests.contract.servers.slack.model import BOT_NAME, BOT_USER, TEAM, Channel, File, Message, User, Usergroup
from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.uploads import Uploads

_WITH_ACTIONS = ("actions", "section", "input")


class Workspace:
    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, User] = {
            BOT_USER: User(BOT_USER, BOT_NAME, "Klatsch", bot=True),
            # Slack's own: its `is_bot` is false.
            "USLACKBOT": User("USLACKBOT", "slackbot", "Slackbot"),
        }
        self.usergroups: dict[str, Usergroup] = {}
        self.files: dict[str, File] = {}
        self.uploads = Uploads()
        self.rang: list[tuple[str, str, str]] = []
        self.unfurls: list[dict[str, Any]] = []
        self.ephemeral: dict[tuple[str, str], list[Message]] = {}
        self._numbers = itertools.count(1)
        self._latest = 0
        self.new_channel("general", creator=BOT_USER, general=True, members=[])

    def emit(self, event: dict[str, Any], channel: Channel | None = None) -> None:
        """Told to the app, if it wants to hear it and may."""
        raise NotImplementedError

    @property
    def here(self) -> str:
        """Its address."""
        raise NotImplementedError

    def new_id(self, letter: str) -> str:
        return f"{letter}{next(self._numbers):09d}F"

    def now(self) -> str:
        """A timestamp that no other message has: increasing, as `1764244800.000100`."""
        self._latest = max(self._latest + 100, int(time.time()) * 1_000_000 + 100)
        return f"{self._latest // 1_000_000}.{self._latest % 1_000_000:06d}"

    def channel(self, name: str) -> Channel:
        """By `#name` or id. Raises KeyError."""
        if name in self.channels:
            return self.channels[name]
        found = [one for one in self.channels.values() if one.name == name.removeprefix("#") and one.kind != "im"]
        if not found:
            raise KeyError(name)
        return found[0]

    def name_of(self, id: str) -> str:
        if id in self.users:
            return self.users[id].name
        if id in self.usergroups:
            return self.usergroups[id].handle
        return self.channels[id].name if id in self.channels else id

    def new_channel(
        self,
        name: str,
        *,
        creator: str,
        private: bool = False,
        kind: str = "",
        general: bool = False,
        members: list[str],
    ) -> Channel:
        kind = kind or ("private" if private else "public")
        id = self.new_id("D" if kind == "im" else "C")
        found = Channel(id, name, int(time.time()), creator, kind != "public", kind, general=general)
        self.channels[id] = found
        if kind == "public" and not general:
            about = {"id": id, "name": name, "created": found.created, "creator": creator}
            self.emit({"type": "channel_created", "channel": about, "event_ts": self.now()})
        for member in members:
            self.join(found, member, quiet=kind in ("im", "mpim"))
        return found

    def direct(self, users: list[str]) -> Channel:
        """The direct conversation of these, which is opened where there is none."""
        kind = "im" if len(users) == 2 else "mpim"
        for found in self.channels.values():
            if found.kind == kind and sorted(found.members) == sorted(users):
                return found
        name = "" if kind == "im" else "mpdm-" + "--".join(self.users[one].name for one in users) + "-1"
        return self.new_channel(name, creator=users[0], kind=kind, members=users)

    def taken(self, name: str) -> bool:
        """A name is taken by archived channels too, and by private ones."""
        return any(one.name == name for one in self.channels.values())

    def post(self, channel: Channel, user: str, text: str, **more: Any) -> Message:
        """`linked`: names are looked for in the text."""
        linked = more.pop("linked", False)
        message = Message(channel.id, self.now(), text, user, self.name_of, **more)
        message.by_bot = message.by_bot or (user == BOT_USER and not message.subtype)
        message.more |= self._other(self.users[user])
        self.fill_in(message.blocks)
        parent = channel.message(message.thread_ts) if message.thread_ts else None
        if parent:
            parent.thread_ts = parent.ts
        channel.messages.append(message)
        if not message.subtype or message.subtype == "file_share":
            who = texts.rung(text) + (texts.rung_if_linked(text) if linked else [])
            who += texts.rung_by_blocks(message.blocks) + texts.rung_by_blocks(message.attachments)
            self.rang += [(channel.id, message.ts, one) for one in dict.fromkeys(who)]
        self._tell(channel, message)
        return message

    @staticmethod
    def _other(user: User) -> dict[str, Any]:
        """What the messages of other bots and of strangers have besides."""
        if user.stranger:
            return {"team": user.team, "user_team": user.team, "source_team": user.team}
        return {"bot_id": f"B{user.id[1:]}", "app_id": "A0ANOTHER1"} if user.bot and user.id != BOT_USER else {}

    def fill_in(self, blocks: list[dict[str, Any]]) -> None:
        """The ids that the app left to Slack."""
        for block in blocks:
            block.setdefault("block_id", f"b{next(self._numbers)}")
            for element in [*block.get("elements", []), block.get("accessory"), block.get("element")]:
                if isinstance(element, dict) and block["type"] in _WITH_ACTIONS and element["type"] != "image":
                    element.setdefault("action_id", f"a{next(self._numbers)}")

    def _tell(self, channel: Channel, message: Message) -> None:
        said = {
            **message.as_slack(),
            "channel": channel.id,
            "channel_type": channel.event_kind,
            "event_ts": message.ts,
        }
        if not message.by_bot and not message.subtype:
            said["client_msg_id"] = f"00000000-0000-4000-8000-{next(self._numbers):012d}"
        self.emit(said, channel)
        if f"<@{BOT_USER}>" in message.text and message.user != BOT_USER and not message.subtype.startswith("channel_"):
            mention = {name: value for name, value in said.items() if name not in ("channel_type", "subtype")}
            if channel.kind != "im":
                self.emit({**mention, "type": "app_mention"}, channel)

    def edit(self, channel: Channel, message: Message, by: str, **changed: Any) -> None:
        before = copy.deepcopy(message.as_slack())
        for name, value in changed.items():
            setattr(message, name, value)
        self.fill_in(message.blocks)
        message.edited = {"user": by, "ts": self.now()}
        self._hidden(channel, "message_changed", message=message.as_slack(), previous_message=before)

    def delete(self, channel: Channel, message: Message) -> None:
        """A message with replies leaves a tombstone."""
        before = message.as_slack()
        if channel.thread(message.ts):
            message.text, message.user, message.subtype = "This message was deleted.", "USLACKBOT", "tombstone"
            message.blocks, message.attachments, message.metadata, message.by_bot = [], [], {}, False
            message.files, message.reactions, message.edited = [], {}, {}
            self._hidden(channel, "message_changed", message=message.as_slack(), previous_message=before)
            return
        channel.messages.remove(message)
        if message.ts in channel.pins:
            channel.pins.remove(message.ts)
        self._hidden(channel, "message_deleted", deleted_ts=message.ts, previous_message=before)

    def _hidden(self, channel: Channel, subtype: str, **more: Any) -> None:
        ts = self.now()
        about = {"channel": channel.id, "channel_type": channel.event_kind, "ts": ts, "event_ts": ts, "hidden": True}
        self.emit({"type": "message", "subtype": subtype, **about, **more}, channel)

    def _note(self, channel: Channel, subtype: str, user: str, text: str, **more: Any) -> None:
        prefix = "group" if channel.is_private and subtype not in ("join", "leave") else "channel"
        self.post(channel, user, text, subtype=f"{prefix}_{subtype}", more=more)

    def join(self, channel: Channel, user: str, *, inviter: str = "", quiet: bool = False) -> None:
        if user in channel.members:
            return
        channel.members.append(user)
        channel.shared = channel.shared or self.users[user].stranger
        if quiet:
            return
        by = {"inviter": inviter} if inviter else {}
        self._note(channel, "join", user, f"<@{user}> has joined the channel", **by)
        about = {"user": user, "channel": channel.id, "channel_type": channel.id[0], "team": TEAM}
        self.emit({"type": "member_joined_channel", **about, **by, "event_ts": self.now()}, channel)

    def leave(self, channel: Channel, user: str) -> None:
        if user == BOT_USER:
            kind = "group_left" if channel.is_private else "channel_left"
            self.emit({"type": kind, "channel": channel.id, "actor_id": user, "event_ts": self.now()}, channel)
        self._note(channel, "leave", user, f"<@{user}> has left the channel")
        about = {"user": user, "channel": channel.id, "channel_type": channel.id[0], "team": TEAM}
        self.emit({"type": "member_left_channel", **about, "event_ts": self.now()}, channel)
        channel.members.remove(user)

    def set_topic(self, channel: Channel, user: str, topic: str) -> None:
        channel.topic, channel.topic_by = topic, user
        self._note(channel, "topic", user, f"set the channel topic: {topic}", topic=topic)

    def set_purpose(self, channel: Channel, user: str, purpose: str) -> None:
        channel.purpose, channel.purpose_by = purpose, user
        self._note(channel, "purpose", user, f"set the channel description: {purpose}", purpose=purpose)

    def rename(self, channel: Channel, user: str, name: str) -> None:
        old, channel.name = channel.name, name
        channel.previous_names.insert(0, old)
        said = f'has renamed the channel from "{old}" to "{name}"'
        self._note(channel, "name", user, said, old_name=old, name=name)
        about = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created}
        kind = "group_rename" if channel.is_private else "channel_rename"
        self.emit({"type": kind, "channel": about, "event_ts": self.now()}, channel)

    def archive(self, channel: Channel, user: str) -> None:
        """Everybody is put out of it; who was in may look at it, except bots."""
        self._note(channel, "archive", user, "archived the channel", members=list(channel.members))
        kind = "group_archive" if channel.is_private else "channel_archive"
        self.emit({"type": kind, "channel": channel.id, "user": user, "event_ts": self.now()}, channel)
        channel.archived = True
        channel.ejected |= set(channel.members)
        channel.members.clear()

    def unarchive(self, channel: Channel, user: str) -> None:
        """People come back into it, bots do not."""
        channel.archived = False
        channel.members += sorted(one for one in channel.ejected if not self.users[one].bot)
        self._note(channel, "unarchive", user, "un-archived the channel")
        kind = "group_unarchive" if channel.is_private else "channel_unarchive"
        self.emit({"type": kind, "channel": channel.id, "user": user, "event_ts": self.now()}, channel)

    def pin(self, channel: Channel, message: Message, user: str) -> None:
        channel.pins.append(message.ts)
        channel.pinned_by[message.ts] = user
        self.emit(self._pinned("pin_added", channel, message, user), channel)

    def unpin(self, channel: Channel, message: Message, user: str) -> None:
        channel.pins.remove(message.ts)
        self.emit({**self._pinned("pin_removed", channel, message, user), "has_pins": bool(channel.pins)}, channel)

    def _pinned(self, kind: str, channel: Channel, message: Message, user: str) -> dict[str, Any]:
        return {
            "type": kind,
            "user": user,
            "channel_id": channel.id,
            "item": pin_item(channel, message),
            "item_user": message.user,
            "pin_count": len(channel.pins),
            "event_ts": self.now(),
        }

    def react(self, channel: Channel, message: Message, user: str, name: str) -> None:
        message.reactions.setdefault(name, []).append(user)
        self._reacted("reaction_added", channel, message, user, name)

    def unreact(self, channel: Channel, message: Message, user: str, name: str) -> None:
        message.reactions[name].remove(user)
        if not message.reactions[name]:
            del message.reactions[name]
        self._reacted("reaction_removed", channel, message, user, name)

    def _reacted(self, kind: str, channel: Channel, message: Message, user: str, name: str) -> None:
        item = {"type": "message", "channel": channel.id, "ts": message.ts}
        about = {"user": user, "reaction": name, "item": item, "item_user": message.user}
        self.emit({"type": kind, **about, "event_ts": self.now()}, channel)

    def message(self, channel: Channel, ts: str, code: str = "message_not_found") -> Message:
        if found := channel.message(ts):
            return found
        raise Refused(code)


def pin_item(channel: Channel, message: Message) -> dict[str, Any]:
    said = {**message.as_slack(), "pinned_to": [channel.id], "permalink": message.permalink}
    by = channel.pinned_by.get(message.ts, "")
    return {
        "type": "message",
        "created": int(float(message.ts)),
        "created_by": by,
        "channel": channel.id,
        "message": said,
    }
