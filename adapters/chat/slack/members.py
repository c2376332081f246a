"""The people of a workspace: who may act, and who is in a user group."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from adapters.chat.slack.answers import part, rows
from adapters.chat.slack.web import Web, code_of
from bot.ports import Rejected, Unavailable

log = logging.getLogger(__name__)

FRESH = 3600.0
"""Seconds for which we believe what we know of somebody."""

GROUPS_FRESH = 600.0

MOST = 10_000
"""People of whom something is remembered."""

GUEST = "Guests and people of other organisations may read along here; what is done is up to members of this workspace."
GONE = "This account is deactivated."
BOT = "What other bots say is no command here."


@dataclass(frozen=True, slots=True)
class _Known:
    until: float
    refused: str


class Members:
    """`known` are the users of `people:`, who may act whatever Slack says of them."""

    def __init__(self, web: Web, known: Collection[str], *, guests: bool) -> None:
        self._web = web
        self._listed = frozenset(known)
        self._guests = guests
        self._known: dict[str, _Known] = {}
        self._groups: tuple[float, Mapping[str, Sequence[str]]] = (float("-inf"), {})

    async def refused(self, user: str, team: str) -> str:
        """Why `user` may not act here, a sentence; empty: they may. `team` is ours. When Slack does not say who that is, they may:
        an incident is no time to be shut out."""
        if self._guests or user in self._listed:
            return ""
        now = time.monotonic()
        if user not in self._known or self._known[user].until < now:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[user] = _Known(now + FRESH, await self._asked(user, team))
        return self._known[user].refused

    async def _asked(self, user: str, team: str) -> str:
        try:
            who = part(await self._web.call("users.info", user=user), "user")
        except Unavailable as error:
            log.warning("it is not known who %s is: %s", user, error.reason)
            return ""
        except Rejected as error:
            if code_of(error) in ("user_not_found", "user_not_visible"):
                return GUEST
            log.warning("it is not known who %s is: %s", user, error.reason)
            return ""
        if who.get("deleted"):
            return GONE
        if who.get("is_bot"):
            return BOT
        other = str(who.get("team_id") or team) != team
        flags = ("is_restricted", "is_ultra_restricted", "is_stranger")
        return GUEST if other or any(who.get(flag) for flag in flags) else ""

    async def of_groups(self, handles: Collection[str]) -> list[str]:
        """The users in these user groups. One that is not there is logged. Raises Unavailable or Rejected."""
        groups = await self._all_groups()
        for handle in sorted(set(handles) - set(groups)):
            log.warning("there is no user group @%s; nobody of it is invited", handle)
        return list(dict.fromkeys(user for handle in handles for user in groups.get(handle, ())))

    async def unknown(self, handles: Collection[str]) -> list[str]:
        """Those of these user groups that are not there. Raises as `of_groups`."""
        return sorted(set(handles) - set(await self._all_groups()))

    async def _all_groups(self) -> Mapping[str, Sequence[str]]:
        """The users of each, by its handle and by its id."""
        at, groups = self._groups
        if time.monotonic() - at > GROUPS_FRESH:
            answer = await self._web.call("usergroups.list", include_users=True)
            groups = {
                name: [user for user in group.get("users") or () if isinstance(user, str)]
                for group in rows(answer, "usergroups")
                for name in (str(group.get("handle")), str(group.get("id")))
            }
            self._groups = (time.monotonic(), groups)
        return groups
