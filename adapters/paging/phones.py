"""Telephone numbers, as people write them and as machines dial them."""

from __future__ import annotations

import re

from bot.incident.model import Person
from bot.ports import Rejected

# ITU-T E.164, section 6.1 (https://www.itu.int/rec/T-REC-E.164): at most fifteen digits, the country's code among them, and no
# such code begins with a nought. The shortest numbers that are dialled from abroad have seven.
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN = re.compile(r"[ \u00a0\u202f()./\u2010-\u2013-]")
"""What people put between digits; a number that was copied from a page of the web brings spaces that do not break."""

_LONGEST = 60
"""Characters that anybody writes for fifteen digits."""

_DIGITS = "it must have 7 to 15 digits, the country's code first, which does not begin with 0"


def e164(text: str) -> str:
    """`+49 30 1234567` as it is dialled, `+49301234567`. Raises ValueError with what is wrong, without the number in it."""
    if len(text) > _LONGEST:
        raise ValueError(_DIGITS)
    number = _BETWEEN.sub("", text.strip())
    if not number.startswith("+"):
        raise ValueError("it must begin with + and the country's code, like +49 30 1234567")
    if any(char.isalpha() for char in number):
        raise ValueError("it may hold no letters")
    # A bracketed nought is dialled at home and never behind the country's code: whoever leaves it in calls somebody else.
    if re.search(r"\([ \u00a0\u202f]*0[ \u00a0\u202f]*\)", text):
        raise ValueError("leave out the (0): behind the country's code nobody dials it")
    if not re.fullmatch(r"\+[0-9]*", number):
        raise ValueError("it may hold only one +, digits, spaces and - . / ( )")
    if not _NUMBER.fullmatch(number):
        raise ValueError(_DIGITS)
    return number


def reached_at(person: Person, *keys: str, way: str) -> str:
    """The number under the first of `people.<id>.<key>` that is set, as it is dialled. Raises Rejected, which begins with `way`,
    the pager's name, and says what to set or to mend. The last key is the one that other pagers know, too."""
    for key in keys:
        if written := person.options.get(key, ""):
            try:
                return e164(written)
            except ValueError as error:
                raise Rejected(f"{way}: people.{person.id}.{key} is no telephone number: {error}") from None
    where = " or ".join(f"people.{person.id}.{key}" for key in reversed(keys))
    raise Rejected(f"{way}: {person.id} has no telephone number; set {where}")
