"""What a workspace is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contract.servers.slack import texts

URL = "https://example.slack.com/"
TEAM = "T0EXAMPLE1"
OTHER_TEAM = "T0STRANGE1"
APP = "A0KLATSCH1"
BOT_USER = "U0KLATSCH1"
BOT_ID = "B0KLATSCH1"
BOT_NAME = "klatsch"


@dataclass
class Call:
    """One call of the Web API: when (`time.monotonic`), with what, and the error it was answered with."""

    method: str
    args: dict[str, Any]
    at: float
    error: str = ""


@dataclass
class User:
    id: str
    name: str
    real_name: str
    email: str = ""
    guest: bool = False
    deleted: bool = False
    bot: bool = False
    team: str = TEAM

    @property
    def stranger(self) -> bool:
        return self.team != TEAM

    def as_slack(self, *, email: bool = True) -> dict[str, Any]:
        profile = {"real_name": self.real_name, "display_name": self.name, "team": self.team}
        if email and self.email and not self.bot:
            profile["email"] = self.email
        found = {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "deleted": self.deleted,
            "is_bot": self.bot,
            "is_app_user": False,
            "updated": 1764244800,
            "profile": profile,
        }
        if self.deleted:
            return found
        return found | {
            "real_name": self.real_name,
            "tz": "Europe/Berlin",
            "tz_offset": 3600,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            **({"is_stranger": True} if self.stranger else {}),
        }


@dataclass
class File:
    id: str
    name: str
    content: bytes
    mimetype: str
    user: str
    url: str
    channels: list[str] = field(default_factory=list)
    deleted: bool = False

    def as_slack(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "created": 1764244800,
            "timestamp": 1764244800,
            "name": self.name,
            "title": self.name,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2],
            "user": self.user,
            "user_team": TEAM,
            "mode": "hosted",
            "editable": False,
            "size": len(self.content),
            "is_external": False,
            "is_public": True,
            "file_access": "visible",
            "url_private": self.url,
            "url_private_download": self.url.replace("/files-pri/", "/files-pri-download/"),
            "permalink": f"{URL}files/{self.user}/{self.id}/{self.name}",
            "channels": list(self.channels),
        }


@dataclass
class Message:
    """`text` as Slack keeps it, with its marks; `shown` what a person reads. `more`: fields of the subtype."""

    channel: str
    ts: str
    text: str
    user: str
    name_of: Callable[[str], str] = field(repr=False)
    by_bot: bool = False
    subtype: str = ""
    thread_ts: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: dict[str, str] = field(default_factory=dict)
    broadcast: bool = False
    ephemeral: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        own = texts.shown_blocks(self.blocks, self.name_of) if self.blocks and self.by_bot else ""
        parts = [own or texts.shown(self.text, self.name_of)]
        for attachment in self.attachments:
            said = (attachment.get(name, "") for name in ("pretext", "title", "text"))
            parts += [*(texts.shown(one, self.name_of) for one in said)]
            parts.append(texts.shown_blocks(attachment.get("blocks", []), self.name_of))
        return "\n".join(part for part in parts if part)

    @property
    def permalink(self) -> str:
        link = f"{URL}archives/{self.channel}/p{self.ts.replace('.', '')}"
        return f"{link}?thread_ts={self.thread_ts}&cid={self.channel}" if self.is_reply else link

    @property
    def is_reply(self) -> bool:
        return self.thread_ts not in ("", self.ts)

    @property
    def buttons(self) -> list[str]:
        """The texts of its buttons."""
        return [element["text"]["text"] for _, element in elements(self.blocks) if element["type"] == "button"]

    def as_slack(self, *, metadata: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts, "team": TEAM}
        if self.subtype:
            found["subtype"] = self.subtype
            if self.subtype.startswith(("channel_", "group_")):
                del found["team"]
        elif self.broadcast and self.is_reply:
            found["subtype"] = "thread_broadcast"
        if self.by_bot and not self.subtype.startswith(("channel_", "group_")):
            found |= {"bot_id": BOT_ID, "app_id": APP, "bot_profile": BOT_PROFILE}
        for name in ("thread_ts", "blocks", "attachments", "edited"):
            if value := getattr(self, name):
                found[name] = value
        if self.files:
            found |= {"files": [one.as_slack() for one in self.files], "upload": False}
        if self.reactions:
            found["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()
            ]
        if metadata and self.metadata:
            found["metadata"] = self.metadata
        return found | self.more


BOT_PROFILE = {
    "id": BOT_ID,
    "app_id": APP,
    "user_id": BOT_USER,
    "name": BOT_NAME,
    "deleted": False,
    "updated": 1764244800,
    "team_id": TEAM,
}


def elements(blocks: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What can be pressed or filled in, each with its block."""
    found = []
    for block in blocks:
        if block["type"] == "actions":
            found += [(block, element) for element in block["elements"]]
        for name in ("accessory", "element"):
            if name in block:
                found.append((block, block[name]))
    return found


@dataclass
class Channel:
    id: str
    name: str
    created: int
    creator: str
    is_private: bool = False
    kind: str = ""
    """`public`, `private`, `im` or `mpim`."""
    shared: bool = False
    """With another organisation."""
    archived: bool = False
    general: bool = False
    topic: str = ""
    purpose: str = ""
    topic_by: str = ""
    purpose_by: str = ""
    members: list[str] = field(default_factory=list)
    ejected: set[str] = field(default_factory=set)
    """Who was in it until it was archived."""
    pins: list[str] = field(default_factory=list)
    pinned_by: dict[str, str] = field(default_factory=dict)
    bookmarks: list[dict[str, Any]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    previous_names: list[str] = field(default_factory=list)

    @property
    def event_kind(self) -> str:
        """As events call it."""
        return {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}[self.kind]

    def message(self, ts: str) -> Message | None:
        return next((one for one in self.messages if one.ts == ts), None)

    def thread(self, ts: str) -> list[Message]:
        """The replies, oldest first, without what they reply to."""
        return [one for one in self.messages if one.thread_ts == ts and one.ts != ts]

    def as_slack(self, me: str, *, members: bool = False) -> dict[str, Any]:
        common = {"id": self.id, "created": self.created, "is_archived": self.archived, "is_org_shared": False}
        if self.kind == "im":
            other = next((one for one in self.members if one != me), me)
            return common | {"is_im": True, "user": other, "is_user_deleted": False, "priority": 0}
        found = common | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.kind == "public",
            "is_group": self.kind == "private",
            "is_im": False,
            "is_mpim": self.kind == "mpim",
            "is_private": self.is_private,
            "is_general": self.general,
            "is_member": me in self.members,
            "is_shared": self.shared,
            "is_ext_shared": self.shared,
            "unlinked": 0,
            "creator": self.creator,
            "context_team_id": TEAM,
            "topic": {"value": self.topic, "creator": self.topic_by, "last_set": self.created if self.topic_by else 0},
            "purpose": {
                "value": self.purpose,
                "creator": self.purpose_by,
                "last_set": self.created if self.purpose_by else 0,
            },
            "previous_names": list(self.previous_names),
        }
        return found | {"num_members": len(self.members)} if members else found


@dataclass
class Usergroup:
    id: str
    handle: str
    name: str
    users: list[str]
    disabled: bool = False

    def as_slack(self, *, users: bool, count: bool) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": self.id,
            "team_id": TEAM,
            "is_usergroup": True,
            "name": self.name,
            "handle": self.handle,
            "is_external": False,
            "date_delete": 1764244800 if self.disabled else 0,
        }
        if users:
            found["users"] = list(self.users)
        return found | {"user_count": len(self.users)} if count else found
