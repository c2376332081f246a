"""What a call says, as TwiML (https://www.twilio.com/docs/voice/twiml): who, what and how to answer, twice, while it waits for a key."""

from __future__ import annotations

from urllib.parse import urlencode
from xml.etree import ElementTree

from adapters.excerpt import excerpt
from adapters.paging.wording import headline, how_to_acknowledge
from bot.chat.document import clean
from bot.ports import PageMessage

TWIML = 4000
"""Characters of the TwiML that a call is begun with (https://www.twilio.com/docs/api/errors/32018)."""

HEADLINE = 150
TEXTS = (400, 200, 100, 0)
"""Characters of the text that are read aloud, the most that fit: half a minute, and who is awake then reads the rest."""

PROMPT = "Press 1 to acknowledge, or any other key to hear it again."
LATER = "Your answer could not be stored. Press 1 to try again."
NO_KEY = "No key was pressed. Goodbye."

WAIT = 10
"""Seconds that a key may take when everything is said."""


def page_twiml(page: PageMessage, key_url: str) -> str:
    """What a page says. `key_url` is told of the key; empty: nobody is, and it says how else to answer."""
    tried = (_page(page, key_url, limit) for limit in TEXTS)
    return next(twiml for twiml in tried if len(twiml) <= TWIML)


def _page(page: PageMessage, key_url: str, limit: int) -> str:
    text = clean(page.text).strip()
    shown = text if len(text) <= limit else excerpt(text, limit=limit) if limit else ""
    said = "\n".join(filter(None, (f"{headline(page, HEADLINE)}.", shown)))
    if not key_url:
        return _document(*_twice(f"{said}\n{how_to_acknowledge(page)}"))
    return _asking(f"{said}\n{PROMPT}", key_url, twice=True)


def again_twiml(said: str, key_url: str) -> str:
    """The headline once more, or another sentence, and what to press."""
    return _asking(f"{said} {PROMPT}", key_url, twice=False)


def later_twiml(key_url: str) -> str:
    """The answer was not taken; it is asked for again."""
    return _asking(LATER, key_url, twice=False)


def said_twiml(sentence: str) -> str:
    """A last sentence; then Twilio hangs up."""
    return _document(_say(clean(sentence)))


def message_twiml(text: str) -> str:
    """What answers a text message; empty: nothing does."""
    if not text:
        return _document()
    message = ElementTree.Element("Message")
    message.text = text
    return _document(message)


def key_url(answer_url: str, token: str, page: PageMessage) -> str:
    """Where the key is told: with the token that says of what, and the headline, since nothing is remembered to say it again."""
    return f"{answer_url}/key?{urlencode({'token': token, 'said': excerpt(page.headline, limit=HEADLINE)})}"


def _asking(said: str, key_url: str, *, twice: bool) -> str:
    # Without a key that ends it, # and * are keys like all others.
    gather = ElementTree.Element(
        "Gather", action=key_url, numDigits="1", timeout=str(WAIT), finishOnKey="", input="dtmf"
    )
    gather.extend(_twice(said) if twice else [_say(said)])
    return _document(gather, _say(NO_KEY))


def _twice(said: str) -> list[ElementTree.Element]:
    return [_say(said), ElementTree.Element("Pause", length="1"), _say(said)]


def _say(text: str) -> ElementTree.Element:
    say = ElementTree.Element("Say")
    say.text = text
    return say


def _document(*verbs: ElementTree.Element) -> str:
    response = ElementTree.Element("Response")
    response.extend(verbs)
    return ElementTree.tostring(response, encoding="unicode")
