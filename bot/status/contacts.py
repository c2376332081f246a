"""How our people are reached, as it may stand in a text: addresses, topics, and telephone numbers however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.incident.model import Person

SHORTEST = 4
"""Characters of what a pager knows about somebody; less is a word like others."""

_PHONE = re.compile(r"\+?[0-9(][0-9\s()/.\u2010-\u2015-]{4,}[0-9]")
_BETWEEN = r"[\s()/.\u2010-\u2015-]{0,3}"
"""What people put between digits."""

_COUNTRY_CODES = (1, 2, 3)
"""How many digits a country's code has, and how many a number has in all, with it (ITU-T E.164, sections 6.2.1 and 6.1)."""
_FEWEST, _MOST = 7, 15


def names_of(people: Iterable[Person]) -> list[str]:
    """What people are called: names, and what a chat platform calls them."""
    return [name for person in people for name in (person.name, *person.handles.values())]


def contacts_of(people: Iterable[Person]) -> tuple[str, ...]:
    """How people are reached: addresses, and whatever a pager was told about somebody."""
    found = (text for person in people for text in (person.email, *person.options.values()))
    return tuple(dict.fromkeys(text.strip() for text in found if len(text.strip()) >= SHORTEST))


def phone_pattern(contacts: Iterable[str]) -> re.Pattern[str] | None:
    """Any of the contacts that is a telephone number, with spaces, dashes, strokes or brackets between its digits, and with
    the country's code behind + or 00, or a nought, or nothing in place of it. None: there is none."""
    spelled = [form for contact in contacts for form in _forms(contact)]
    return re.compile(rf"(?<![0-9+])(?:{'|'.join(dict.fromkeys(spelled))})(?![0-9])") if spelled else None


def _forms(contact: str) -> list[str]:
    digits = re.sub(r"[^0-9]", "", contact.replace("(0)", ""))
    if not _PHONE.fullmatch(contact) or not _FEWEST <= len(digits) <= _MOST:
        return []
    abroad = contact.startswith("+") or digits.startswith("00")
    number = digits.lstrip("0")
    # Without a sign before it nobody knows whether the country's code is there.
    known = [(number[:size], number[size:]) for size in _COUNTRY_CODES] if abroad or digits[0] != "0" else []
    unknown = [] if abroad else [("[0-9]{1,3}", number)]
    return [_spelled(country, rest) for country, rest in (*known, *unknown)]


def _spelled(country: str, rest: str) -> str:
    code = country if country.startswith("[") else _BETWEEN.join(country)
    before = rf"(?:(?:\+|00{_BETWEEN})?{code}{_BETWEEN}(?:0{_BETWEEN})?|\(?0{_BETWEEN})?"
    return rf"{before}\(?{_BETWEEN.join(rest)}"
