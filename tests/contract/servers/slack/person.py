"""Somebody of the workspace: says, edits and removes, pins and reacts, and comes and goes."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.contract.servers.slack import texts
from tests.contract.servers.slack.acting import Acting
from tests.contract.servers.slack.model import BOT_NAME, BOT_USER, Channel, File, Message, User

if TYPE_CHECKING:
    from tests.contract.servers.slack.server import SlackServer


class Person(Acting):
    """`where` is a channel, its id or its `#name`, `message` a message or its timestamp. What a person may not do is an
    AssertionError of the test."""

    @classmethod
    def joins_workspace(cls, slack: SlackServer, name: str, **flags: Any) -> Person:
        id = "U0" + re.sub(r"[^A-Z0-9]", "", name.upper())
        flags.setdefault("email", f"{name}@example.org")
        flags.setdefault("real_name", name.replace(".", " ").title())
        user = User(id, name, **flags)
        assert id not in slack.users, f"two people with the id {id}"
        slack.users[id] = user
        if not (user.stranger or user.deleted or user.guest):
            slack.join(slack.channel("#general"), id, quiet=True)
        return cls(slack, user)

    def _typed(self, text: str) -> str:
        return texts.typed(text, {one.name: one.id for one in self.slack.users.values()} | {BOT_NAME: BOT_USER})

    async def creates(self, name: str, *, private: bool = False) -> Channel:
        assert not self.slack.taken(name), f"#{name} is there"
        return self.slack.new_channel(name, creator=self.id, private=private, members=[self.id])

    async def joins(self, where: Channel | str) -> None:
        channel = self.where(where)
        assert (channel.kind, channel.archived) == ("public", False)
        self.slack.join(channel, self.id)

    async def invited(self, where: Channel | str, by: str = "") -> None:
        """Somebody invites this person."""
        self.slack.join(self.where(where), self.id, inviter=by or self.where(where).creator)

    async def invites(self, where: Channel | str, *who: Person) -> None:
        for one in who:
            self.slack.join(self.inside(where), one.id, inviter=self.id)

    async def invites_bot(self, where: Channel | str) -> None:
        self.slack.join(self.inside(where), BOT_USER, inviter=self.id)

    async def removes_bot(self, where: Channel | str) -> None:
        self.slack.leave(self.inside(where), BOT_USER)

    async def leaves(self, where: Channel | str) -> None:
        self.slack.leave(self.inside(where), self.id)

    async def archives(self, where: Channel | str) -> None:
        self.slack.archive(self.inside(where), self.id)

    async def unarchives(self, where: Channel | str) -> None:
        self.slack.unarchive(self.where(where), self.id)

    async def renames(self, where: Channel | str, name: str) -> None:
        assert not self.slack.taken(name), f"#{name} is there"
        self.slack.rename(self.inside(where), self.id, name)

    async def sets_topic(self, where: Channel | str, topic: str) -> None:
        self.slack.set_topic(self.inside(where), self.id, topic)

    async def posts(
        self,
        where: Channel | str,
        text: str,
        thread: Message | str | None = None,
        files: Iterable[tuple[str, bytes]] = (),
    ) -> Message:
        """`text` as it is typed: `@name` mentions. Files are names with contents."""
        channel = self.inside(where)
        assert not channel.archived
        if len(text) > 12_000:
            raise AssertionError("a person's message has at most 12,000 characters")
        shared = [self._uploads(channel, name, content) for name, content in files]
        typed = self._typed(text)
        parent = self.message(channel, thread).ts if thread else ""
        more: dict[str, Any] = {"files": shared, "subtype": "file_share"} if shared else {}
        message = self.slack.post(channel, self.id, typed, thread_ts=parent, blocks=_rich(typed), **more)
        for file in shared:
            about = {"file_id": file.id, "user_id": self.id, "file": {"id": file.id}, "channel_id": channel.id}
            self.slack.emit({"type": "file_shared", **about, "event_ts": message.ts}, channel)
        return message

    def _uploads(self, channel: Channel, name: str, content: bytes) -> File:
        id = self.slack.new_id("F")
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        found = File(id, name, content, kind, self.id, f"{self.slack.here}/files-pri/{id}/{name}", [channel.id])
        self.slack.files[id] = found
        return found

    @property
    def direct(self) -> Channel:
        """The direct conversation with the bot."""
        return self.slack.direct([BOT_USER, self.id])

    async def writes_to_bot(self, text: str) -> Message:
        """A direct message."""
        return await self.posts(self.direct, text)

    async def edits(self, where: Channel | str, message: Message | str, text: str) -> Message:
        channel = self.inside(where)
        found = self._own(channel, message)
        typed = self._typed(text)
        self.slack.edit(channel, found, self.id, text=typed, blocks=_rich(typed))
        return found

    async def deletes(self, where: Channel | str, message: Message | str) -> None:
        channel = self.inside(where)
        self.slack.delete(channel, self._own(channel, message))

    def _own(self, channel: Channel, message: Message | str) -> Message:
        found = self.message(channel, message)
        assert found.user == self.id, "only what one said oneself"
        return found

    async def reacts(self, where: Channel | str, message: Message | str, name: str) -> None:
        channel = self.inside(where)
        found = self.message(channel, message)
        assert self.id not in found.reactions.get(name, [])
        self.slack.react(channel, found, self.id, name)

    async def unreacts(self, where: Channel | str, message: Message | str, name: str) -> None:
        channel = self.inside(where)
        self.slack.unreact(channel, self.message(channel, message), self.id, name)

    async def pins(self, where: Channel | str, message: Message | str) -> None:
        channel = self.inside(where)
        found = self.message(channel, message)
        assert found.ts not in channel.pins
        self.slack.pin(channel, found, self.id)

    async def unpins(self, where: Channel | str, message: Message | str) -> None:
        channel = self.inside(where)
        self.slack.unpin(channel, self.message(channel, message), self.id)

    async def shares_link(self, where: Channel | str, url: str) -> Message:
        """A message with a link in it, of which the app hears if the domain is one of its own."""
        channel = self.inside(where)
        message = await self.posts(channel, url)
        domain = urlsplit(url).hostname or ""
        if self.slack.domains is None or domain in self.slack.domains:
            about = {
                "channel": channel.id,
                "user": self.id,
                "message_ts": message.ts,
                "links": [{"url": url, "domain": domain}],
                "is_bot_user_member": BOT_USER in channel.members,
                "unfurl_id": f"{channel.id}-{message.ts}",
                "source": "conversations_history",
            }
            self.slack.emit({"type": "link_shared", **about, "event_ts": message.ts}, channel)
        return message

    async def opens_home(self, tab: str = "home") -> None:
        about: dict[str, Any] = {"user": self.id, "channel": self.direct.id, "tab": tab}
        if home := self.slack.views.homes.get(self.id):
            about["view"] = home.as_slack()
        self.slack.emit({"type": "app_home_opened", **about, "event_ts": self.slack.now()})


def _rich(text: str) -> list[dict[str, Any]]:
    """What a client sends with a text: the same again as a block."""
    if not text:
        return []
    parts: list[dict[str, Any]] = []
    last = 0
    for mark in texts.MARK.finditer(text):
        if before := texts.unescaped(text[last : mark.start()]):
            parts.append({"type": "text", "text": before})
        parts.append(_part(mark[1]))
        last = mark.end()
    if after := texts.unescaped(text[last:]):
        parts.append({"type": "text", "text": after})
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}]


def _part(mark: str) -> dict[str, Any]:
    id, _, label = mark.partition("|")
    if id[0] == "@":
        return {"type": "user", "user_id": id[1:]}
    if id[0] == "#":
        return {"type": "channel", "channel_id": id[1:]}
    if id.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": id.removeprefix("!subteam^")}
    if id[0] == "!":
        return {"type": "broadcast", "range": id[1:]}
    return {"type": "link", "url": id} | ({"text": label} if label else {})
