"""Where the weekly digest and the board of the lean coffee are shown, as people write it.

`announce` is where incidents are announced, on every platform; `slack` that of one platform; `#ops` a channel of Slack,
`#ops:example.org` a room of Matrix; `slack:C012` or `console:ops` a platform's room; `ops@example.org` is mailed, through the one
block that mails or, as `email:ops@example.org`, through that of the name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.nearest import nearest

EVERYWHERE = "announce"
PLATFORMS = ("slack", "matrix", "console")

_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+", r"[A-Za-z0-9-]+"
# As who mails it wants it: no dot at an end or beside another one.
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@[^@]{{1,252}}\Z)(?!.*=\?){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_ROOM = re.compile(r"\S{1,255}")


@dataclass(frozen=True, slots=True)
class Place:
    """A room of a platform (empty: where incidents are announced)."""

    platform: str
    room: str = ""

    def __str__(self) -> str:
        return f"{self.platform}:{self.room}"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address, and the block under `paging:` that mails there."""

    way: str
    to: str

    def __str__(self) -> str:
        return f"{self.way}:{self.to}"


Destination = Place | Mailbox


class Nowhere(ValueError):
    """It leads nowhere: what is wrong, and what to do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def destinations(text: str, platforms: Collection[str], mailers: Collection[str]) -> tuple[Destination, ...]:
    """What `text` says, with these chat platforms configured and these blocks that mail. Raises Nowhere.

    `announce` is nowhere, and no mistake, where no platform is configured."""
    name, colon, rest = text.partition(":")
    if text == EVERYWHERE:
        return tuple(Place(platform) for platform in platforms)
    if _ADDRESS.fullmatch(text):
        return (Mailbox(_only(mailers, text), text),)
    if text.startswith(("#", "!")):
        return (Place(_configured("matrix" if colon else "slack", platforms), _room(text)),)
    if text in PLATFORMS:
        return (Place(_configured(text, platforms)),)
    if name in PLATFORMS:
        return (Place(_configured(name, platforms), _room(rest)),)
    if _ADDRESS.fullmatch(rest):
        if name not in mailers:
            raise Nowhere("no such block under `paging:` sends mail", _meant(name, mailers, ":" + rest))
        return (Mailbox(name, rest),)
    raise Nowhere("it is no place where something can be shown", _meant(text, (EVERYWHERE, *platforms), "") or EXAMPLE)


EXAMPLE = (
    "Write `announce`, a channel like `#ops`, a room like `#ops:example.org`, or an address like `ops@example.org`."
)


def all_of(texts: Iterable[str], platforms: Collection[str], mailers: Collection[str]) -> tuple[Destination, ...]:
    """All that these texts say, each once. Raises Nowhere."""
    return tuple(dict.fromkeys(one for text in texts for one in destinations(text, platforms, mailers)))


def _room(text: str) -> str:
    if not _ROOM.fullmatch(text):
        raise Nowhere("it names no room", EXAMPLE)
    return text


def _configured(platform: str, platforms: Collection[str]) -> str:
    if platform not in platforms:
        raise Nowhere(f"`{platform}` is not configured under `chat:`", f"Configure it, or {_instead(platforms)}.")
    return platform


def _instead(platforms: Collection[str]) -> str:
    return f"write one of: {', '.join(f'`{name}`' for name in platforms)}" if platforms else "write a mail address"


def _only(mailers: Collection[str], address: str) -> str:
    if len(mailers) == 1:
        return next(iter(mailers))
    if not mailers:
        raise Nowhere("nothing under `paging:` sends mail", "Add a block of type smtp there.")
    ways = " or ".join(f"`{name}:{address}`" for name in mailers)
    raise Nowhere("several blocks under `paging:` send mail", f"Say which: {ways}.")


def _meant(word: str, known: Collection[str], behind: str) -> str:
    near = nearest(word, known)
    return f"Did you mean `{near}{behind}`?" if near else ""
