"""The weekly digest when somebody asks for it: looked at, or posted now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.chat.document import Document, Link, Paragraph, Text, say
from bot.chat.line import shown
from bot.chat.marked import marked
from bot.chat.templates import and_, local
from bot.chat.values import unknown
from bot.coffee.weekly.blocks import DigestBlock
from bot.coffee.weekly.edition import Edition
from bot.coffee.weekly.period import period
from bot.destinations import Destination, Place
from bot.digests import Digests, Weekly, documents, posts
from bot.incident.commands import PostDigest
from bot.incident.model import Refused
from bot.incident.outgoing import Enqueue
from bot.nearest import nearest

LINK = "link"
LANGUAGES = {"en": "en", "english": "en", "de": "de", "german": "de", "deutsch": "de"}
MEANT = {"pages": "oncall", "load": "oncall", "actions": "followups", "luck": "nearmisses", "topics": "coffee"}
"""What else a block may be called."""

BY_ITSELF = 'None is sent by itself: write `digest:` into the configuration, and below it `cron: "mon 09:00"`.'


def looked_at(
    digests: Digests, asked: Mapping[str, str], now: datetime, link: Callable[[str], str] = lambda team: ""
) -> Document:
    """The message, the detail of one `block`, or, where that is `link`, where the page is. `team`, `week` and `lang` say of which digest;
    `asked` has all of them as people type them. Reads the database. Raises Refused and StoreUnavailable."""
    if asked.get("block", "").lower() == LINK:
        return _linked(_team(digests, asked.get("team", "")).team, link)
    block = _block(asked.get("block", ""))
    edition = _edition(digests, asked, now, alone=block is not None)
    if block is None:
        return edition.main
    found = next((detail for one, detail in edition.details if one is block), None)
    if found is None:
        if block in _team(digests, asked.get("team", "")).off:
            raise Refused(f"The configuration leaves `{block}` out of the digest.", "`digest` shows the others.")
        raise Refused(f"There is no more to tell of `{block}`.", "`digest` shows what there is.")
    return found


def _linked(team: str, link: Callable[[str], str]) -> Document:
    url = link(team)
    if not url:
        raise Refused("The page has no address that people could open.", "Set `http.public_url` in the configuration.")
    whose = f"digest of {team}" if team else "digest"
    head = f"The {whose} as a page, with those of the weeks before. Whoever has the link reads it: "
    return Document(f"The {whose} as a page", (Paragraph((Text(head), Link(url, url))),))


def editions(digests: Digests, asked: Mapping[str, str], now: datetime) -> list[Document]:
    """The message, all its details, and where what they name is typed. As `looked_at`."""
    return documents(_edition(digests, asked, now))


def _edition(digests: Digests, asked: Mapping[str, str], now: datetime, *, alone: bool = False) -> Edition:
    weekly = _team(digests, asked.get("team", ""))
    start, end = period(asked.get("week", ""), now, weekly.zone)
    return digests.edition(weekly.team, start, end, _language(asked.get("lang", "")), alone=alone)


def _language(word: str) -> str:
    if word and word.lower() not in LANGUAGES:
        raise unknown("language", word, ["en", "de"])
    return LANGUAGES[word.lower()] if word else ""


def _block(text: str) -> DigestBlock | None:
    """The block of `noise`, `near misses` or `follow-ups`."""
    if not text:
        return None
    flat = "".join(letter for letter in text.lower() if letter.isalpha())
    known = {**{block.value: block.value for block in DigestBlock}, **MEANT}
    for name, block in known.items():
        if flat in (name, f"{name}s", name.removesuffix("es"), name.removesuffix("s")):
            return DigestBlock(block)
    raise unknown("part of the digest", text, [*(block.value for block in DigestBlock), "post", LINK])


def posting(
    digests: Digests, command: PostDigest, now: datetime, typed: datetime | None = None
) -> tuple[Enqueue, Document]:
    """What is put into the outbox, and what is said of it. Asked for twice within a minute it goes out once, and so does a line that is
    heard again later: `typed` is when it was typed, as its platform says. Raises Refused."""
    weekly = _team(digests, command.team)
    start, end = period(command.week, now, weekly.zone)
    if not weekly.to:
        raise Refused(
            "The digest goes nowhere: no chat platform is configured.", "See `digest.to` in the configuration."
        )
    moment = f"asked {(typed or now).astimezone(UTC):%Y-%m-%dT%H:%M}"
    zone = weekly.zone.key
    whose = f" of {weekly.team}" if weekly.team else ""
    said = (
        f"The digest{whose} from {local(start, zone, '%a %d %b %H:%M')} to {local(end, zone, '%a %d %b %H:%M %Z')} "
        f"is on its way to {and_(map(place, weekly.to))}. That cannot be undone here; delete the message where it is shown."
    )
    answer = say(said)
    if not digests.by_itself:
        answer = replace(answer, blocks=(*answer.blocks, Paragraph(marked(BY_ITSELF))))
    return posts(weekly, start, end, moment), answer


def place(one: Destination) -> str:
    """A destination in words."""
    if isinstance(one, Place):
        return f"{one.room} on {one.platform}" if one.room else f"the announcement room of {one.platform}"
    return f"{one.to} by mail"


def _team(digests: Digests, team: str) -> Weekly:
    """The digest of that team. Raises Refused, naming the nearest."""
    if team in digests.weeklies:
        return digests.weeklies[team]
    teams = [name for name in digests.weeklies if name]
    near = nearest(team, teams)
    if near:
        hint = f"Did you mean `team={near}`?"
    elif teams:
        hint = f"There is: {', '.join(f'`{name}`' for name in teams[:12])}"
    else:
        hint = "Teams stand under `digest.teams` in the configuration; without `team=` it is of everybody."
    raise Refused(f"There is no team `{shown(team)}`.", hint)
