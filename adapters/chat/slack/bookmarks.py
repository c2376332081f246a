"""The links of a room: bookmarks of its channel. Only those that we made are ours to change."""

from __future__ import annotations

import json
from collections.abc import Sequence

from adapters.chat.slack.answers import part, rows, text
from adapters.chat.slack.web import Web, code_of
from bot.incident.text import one_line
from bot.memory import Memory
from bot.ports import Rejected

TITLE, ADDRESS = 256, 2048
"""Characters (https://docs.slack.dev/reference/methods/bookmarks.add)."""

GONE = ("not_found", "bookmark_not_found", "invalid_bookmark_id")

Mark = tuple[str, str, str]
"""Its id, title and address."""


class Bookmarks:
    def __init__(self, web: Web, memory: Memory) -> None:
        self._web = web
        self._memory = memory

    async def show(self, channel: str, links: Sequence[tuple[str, str]], *, again: bool) -> None:
        """Of our bookmarks there are these (title, address) afterwards, in this order, and no other ones; `again`: some may be there
        that we do not remember. Raises Unavailable or Rejected."""
        try:
            await self._show(channel, links, again=again)
        except Rejected as error:
            # Somebody has removed one of ours.
            if again or code_of(error) not in GONE:
                raise
            await self._show(channel, links, again=True)

    async def _show(self, channel: str, links: Sequence[tuple[str, str]], *, again: bool) -> None:
        wanted = [(one_line(title, TITLE), url) for title, url in links if url and len(url) <= ADDRESS]
        held = await self._held(channel)
        try:
            if again:
                held = await self._there(channel, held, wanted)
            for mark in held[len(wanted) :]:
                await self._remove(channel, mark[0])
                held.remove(mark)
            # They cannot be moved, so each place gets what belongs there.
            for place, (title, url) in enumerate(wanted):
                if place == len(held):
                    held.append((await self._add(channel, title, url), title, url))
                elif held[place][1:] != (title, url):
                    await self._change(channel, held[place][0], title, url)
                    held[place] = (held[place][0], title, url)
        finally:
            await self._memory.keep({f"links:{channel}": json.dumps(held)})

    async def _held(self, channel: str) -> list[Mark]:
        kept = await self._memory.recall(f"links:{channel}")
        return [(id_, title, url) for id_, title, url in json.loads(kept)] if kept else []

    async def _there(self, channel: str, held: list[Mark], wanted: Sequence[tuple[str, str]]) -> list[Mark]:
        """Those of ours, and those that are as if they were."""
        answer = await self._web.call("bookmarks.list", channel_id=channel)
        there = [(text(row, "id"), text(row, "title"), text(row, "link")) for row in rows(answer, "bookmarks")]
        ours = {mark[0] for mark in held}
        return [mark for mark in there if mark[0] in ours or mark[1:] in wanted]

    async def _add(self, channel: str, title: str, url: str) -> str:
        answer = await self._web.call("bookmarks.add", channel_id=channel, title=title, type="link", link=url)
        if not (id_ := text(part(answer, "bookmark"), "id")):
            raise self._web.without("bookmarks.add", "a bookmark")
        return id_

    async def _change(self, channel: str, bookmark: str, title: str, url: str) -> None:
        await self._web.call("bookmarks.edit", channel_id=channel, bookmark_id=bookmark, title=title, link=url)

    async def _remove(self, channel: str, bookmark: str) -> None:
        try:
            await self._web.call("bookmarks.remove", channel_id=channel, bookmark_id=bookmark)
        except Rejected as error:
            # Somebody was faster.
            if code_of(error) not in GONE:
                raise
