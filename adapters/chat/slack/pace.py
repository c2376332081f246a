"""How fast Slack may be asked: each method so often a minute, each channel a message a second. Pure.

Slack counts per method and workspace (https://docs.slack.dev/apis/web-api/rate-limits/), and what goes beyond is refused with 429. Who keeps
to the numbers is never refused, and knows beforehand how long to wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

MINUTE = 60.0

ON_ITS_WAY = 1.0
"""Seconds that a call may be longer on its way than the one a minute later: Slack counts them when they arrive."""

SPECIAL = {"chat.postMessage": 240, "auth.test": 240}
"""Calls a minute of the methods that have no tier: Slack names "several hundred"."""

TIERS: Mapping[str, int] = {
    "apps.connections.open": 50,
    "bookmarks.add": 20,
    "bookmarks.edit": 20,
    "bookmarks.list": 50,
    "bookmarks.remove": 20,
    "chat.postEphemeral": 100,
    "chat.unfurl": 50,
    "chat.update": 50,
    "conversations.archive": 20,
    "conversations.create": 20,
    "conversations.history": 50,
    "conversations.info": 50,
    "conversations.invite": 50,
    "conversations.join": 50,
    "conversations.list": 20,
    "conversations.replies": 50,
    "conversations.setPurpose": 20,
    "conversations.setTopic": 20,
    "files.completeUploadExternal": 100,
    "files.getUploadURLExternal": 100,
    "pins.add": 20,
    "reactions.get": 50,
    "usergroups.list": 20,
    "users.conversations": 50,
    "users.info": 100,
    "views.open": 100,
    "views.publish": 100,
    "views.update": 100,
    **SPECIAL,
}
"""Calls a minute of each method that we use, by its tier: 2 is 20, 3 is 50, 4 is 100."""

BURST = 4
"""Messages in one channel: one a second, and so many at once (https://docs.slack.dev/reference/methods/chat.postMessage#rate_limiting)."""

CARDS = "chat.update"
CARDS_BURST = 8
CARDS_EVERY = (MINUTE + ON_ITS_WAY) / (TIERS[CARDS] - CARDS_BURST)
"""Edits at once, and seconds between those that follow: cards that change all the time would use up a minute's edits in its first
seconds, and stand still for the rest of it."""

CHANNELS = 200
"""Channels of which something is remembered, before those are looked for in which nothing happens."""


class Pace:
    """When something may be asked next, by what was asked before. `now` is in seconds and never goes back."""

    def __init__(self) -> None:
        self._asked: dict[str, deque[float]] = {}
        self._posted: dict[str, float] = {}
        self._edited = 0.0
        self._held: dict[str, float] = {}

    def wait(self, method: str, channel: str, now: float) -> float:
        """Seconds until `method` may be asked; 0: now. `channel` is where a message is posted, else empty."""
        left = self._held.get(_key(method, channel), 0.0) - now
        if channel:
            left = max(left, self._posted.get(channel, 0.0) - BURST + 1 - now)
        if method == CARDS:
            left = max(left, self._edited - (CARDS_BURST - 1) * CARDS_EVERY - now)
        return max(left, self._left(method, now), 0.0)

    def asks(self, method: str, channel: str, now: float) -> None:
        """It is asked now."""
        self._asked.setdefault(method, deque()).append(now)
        if method == CARDS:
            self._edited = max(self._edited, now) + CARDS_EVERY
        if channel:
            # When the channel would be quiet again, were there a second for each message.
            self._posted[channel] = max(self._posted.get(channel, 0.0), now) + 1
            self._forget(now)

    def refused(self, method: str, channel: str, seconds: float, now: float) -> None:
        """Slack said that it was too much, and to come back after so many seconds."""
        key = _key(method, channel)
        self._held[key] = max(self._held.get(key, 0.0), now + seconds)

    def _left(self, method: str, now: float) -> float:
        asked, most = self._asked.get(method, deque()), TIERS.get(method, 0)
        while asked and asked[0] <= now - MINUTE - ON_ITS_WAY:
            asked.popleft()
        return asked[len(asked) - most] + MINUTE + ON_ITS_WAY - now if most and len(asked) >= most else 0.0

    def _forget(self, now: float) -> None:
        """Channels in which nothing happens: there is a new one with each incident."""
        if len(self._posted) > CHANNELS:
            self._posted = {channel: quiet for channel, quiet in self._posted.items() if quiet > now}
            self._held = {key: until for key, until in self._held.items() if until > now}


def _key(method: str, channel: str) -> str:
    return f"{method} {channel}" if channel else method
