"""What is kept where no names are: a text in which nobody can be told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from bot.incident.model import Person
from bot.incident.text import unhidden
from bot.status.contacts import contacts_of, names_of
from bot.status.recognise import OPENERS, ORDINARY, begins_sentence, people_words, phrase_pattern

_MENTION = re.compile(
    r"<@[\w.|-]++>|https?://matrix\.to/#/(?:@|%40)[^\s<>()\[\]]++|(?<![\w.+%/-])@[A-Za-z0-9][\w.=+-]*+(?::[\w.-]++)?"
)
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]++(?:\.[\w-]++)+")


def nameless(text: str, people: Iterable[Person], instead: str) -> str:
    """`text` with `instead` in the place of mentions, mail addresses, and the names, ids, handles and contacts of `people`. A name that
    is a word too, in small letters, is the word. No letter that nobody sees hides one."""
    known, text = list(people), unhidden(text)
    for pattern in (_EMAIL, _MENTION):
        text = pattern.sub(instead, text)
    contacts = phrase_pattern(contacts_of(known))
    names = phrase_pattern(people_words([*names_of(known), *(person.id for person in known)]))
    text = contacts.sub(instead, text) if contacts else text
    return names.sub(partial(_name, instead), text) if names else text


def _name(instead: str, match: re.Match[str]) -> str:
    found, low = match[0], match[0].lower()
    ordinary = low in ORDINARY and (found == low or (low in OPENERS and begins_sentence(match)))
    return found if ordinary else instead
