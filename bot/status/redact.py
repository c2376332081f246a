"""What may not leave the house is taken out of a text: people, addresses, hosts, customers, links of ours, secrets.

One pass a kind, each linear in the text. What is taken out becomes ordinary words, so the sentence can still be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import partial
from urllib.parse import unquote

from bot.incident.text import unhidden
from bot.status.contacts import phone_pattern
from bot.status.recognise import (
    OPENERS,
    ORDINARY,
    PORT,
    address_of,
    begins_sentence,
    host_names,
    is_internal,
    networks_of,
    people_words,
    phrase_pattern,
    within,
)
from bot.status.secrets import LONG_RUN, looks_secret, mask_secrets

PERSON = "a colleague"
ADDRESS = "an address"
EMAIL = "an e-mail address"
HOST = "a host"
NETWORK = "a network"
CUSTOMER = "a customer"
ID = "an id"
LINK = "an internal link"
PHONE = "a phone number"
CONTACT = "a contact"
SECRET = "a secret"  # noqa: S105 - what stands for one

WORDS = (PERSON, ADDRESS, EMAIL, HOST, NETWORK, CUSTOMER, ID, LINK, SECRET, PHONE, CONTACT)

MAX_MASKED = 200
"""So many things are named in the answer; all are taken out."""

# Each kind is one private character until the end, so that no pass sees the words an earlier one put in.
_FIRST_WORD = 0xE000
_MARKS = {word: chr(_FIRST_WORD + n) for n, word in enumerate(WORDS)}
_FIRST_SPARED = 0xF0000
_SPARED = 60_000
_MARK = re.compile("[\ue000-\ue0ff\U000f0000-\U000fffff]")

_ROOMS = ("matrix.to", "slack.com", "slack-gov.com", "element.io")

# A link that acknowledges a page is for one person.
_NEVER_IN_LINKS = frozenset({"ack"})

_URL = re.compile(r"(?<![\w+.-])[A-Za-z][\w+.-]{0,20}://[^\s<>\"'`|\ue000-\ue0ff]++")
_URL_PARTS = re.compile(r"[/?&=#;,:+]+")
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]++(?:\.[\w-]++)+")
_MENTION = re.compile(r"<@[\w.|-]++>|(?<![\w.+%/-])@[A-Za-z0-9][\w.=+-]*+(?::[\w.-]++)?")
_ROOM = re.compile(r"(?<![\w&])[#!][\w.=-]++:[\w-]++(?:\.[\w-]++)+")
# A room's name as we make it. In capitals, or alone, it is the reference that customers read too.
_ROOM_NAME = re.compile(r"(?<![\w&#.-])(?:#inc-[0-9]++(?:-[\w-]++)?|inc-[0-9]++-[\w-]++)")
_CHUNK = re.compile(r"[\w.:%-]++(?:/[0-9]{1,3}\b)?")
_IPV4 = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w]|\.[0-9])")
_UUID = re.compile(r"(?:req-)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{32,}", re.IGNORECASE)
_MAC = re.compile(
    r"[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Redaction:
    """What a house knows about itself.

    `domains` cover every name below them. `networks` are names, or addresses and CIDR that are masked even if `keep`
    would spare them. `hosts` are names with `*` and `?`. `tenants` and `people` are names as they are written. `keep`
    holds addresses, CIDR, host names and words that may be read by everybody. `public` are names that everybody knows:
    the ids and names of components, regions, zones. What is a whole word in one of them is no host. `contacts` are how
    people are reached: addresses, telephone numbers, a pager's topics.
    """

    domains: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()


def mask(
    text: str, redaction: Redaction, names: Sequence[str] = (), labels: Sequence[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """The text everybody may read, and what was taken out of it, each once (of a secret only that there was one).

    `names` are people's names, ids and handles. `labels` are values of alert labels; those that look like a host's name
    (a letter, and a digit, dot or dash) are taken out. Names of the inside go without being listed: below `.internal`,
    `.lan`, `.svc` and the like, and links to a host without a dot. Ordinary words, versions and references (`INC-7`) stay.
    """
    return _Mask(redaction, names, labels).apply(text)


class _Mask:
    """The tables of one call."""

    def __init__(self, redaction: Redaction, names: Sequence[str], labels: Sequence[str]) -> None:
        self.masked: dict[str, None] = {}
        self.spared: list[str] = []
        self.judged: dict[str, str | None] = {}
        self.keep_words = frozenset(word.lower() for word in redaction.keep)
        self.keep_networks = networks_of(redaction.keep)
        self.networks = networks_of(redaction.networks)
        self.domains = tuple(domain.lower().strip(".") for domain in redaction.domains if domain.strip(". "))
        self.hosts = frozenset(host for label in labels for host in host_names(label))
        patterns = "|".join(translate(pattern.lower()) for pattern in redaction.hosts)
        self.public = "\n".join(redaction.public).lower()
        self.host_pattern = re.compile(patterns) if patterns else None
        named = [name for name in redaction.networks if not networks_of((name,))]
        self.phones = phone_pattern(redaction.contacts)
        self.contacts = phrase_pattern(map(unhidden, redaction.contacts))
        self.phrases = [
            (phrase_pattern(map(unhidden, redaction.tenants)), CUSTOMER),
            (phrase_pattern(map(unhidden, named)), NETWORK),
            (phrase_pattern(people_words(map(unhidden, [*names, *redaction.people]))), PERSON),
        ]

    def apply(self, text: str) -> tuple[str, tuple[str, ...]]:
        text = _MARK.sub("", unhidden(text))
        text = mask_secrets(text, lambda _: self._take("", SECRET))
        passes: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
            (_URL, self._url),
            (_EMAIL, lambda match: self._word(match, EMAIL)),
            (_ROOM, lambda match: self._word(match, LINK)),
            (_ROOM_NAME, lambda match: self._word(match, LINK)),
            *((p, partial(self._contact, word)) for p, word in ((self.phones, PHONE), (self.contacts, CONTACT)) if p),
            (_MENTION, lambda match: self._word(match, PERSON)),
            (LONG_RUN, self._long),
            (_CHUNK, self._chunk),
        ]
        for pattern, replacement in passes:
            text = pattern.sub(replacement, text)
        for phrases, word in self.phrases:
            if phrases is not None:
                text = phrases.sub(partial(self._phrase, word), text)
        return _MARK.sub(self._unmark, text), tuple(self.masked)[:MAX_MASKED]

    def _unmark(self, match: re.Match[str]) -> str:
        number = ord(match[0])
        return self.spared[number - _FIRST_SPARED] if number >= _FIRST_SPARED else WORDS[number - _FIRST_WORD]

    def _spare(self, text: str) -> str:
        """Let the later passes not see what may stay."""
        if len(self.spared) >= _SPARED:
            return text
        self.spared.append(text)
        return chr(_FIRST_SPARED + len(self.spared) - 1)

    def _take(self, original: str, word: str) -> str:
        self.masked.setdefault(original[:80] if original else word)
        return _MARKS[word]

    def _word(self, match: re.Match[str], word: str) -> str:
        whole = match[0]
        end = whole.rstrip(".:-")
        if end.lower() in self.keep_words:
            return self._spare(end) + whole[len(end) :]
        return self._take(end, word) + whole[len(end) :]

    def _phrase(self, word: str, match: re.Match[str]) -> str:
        found = match[0]
        if found.lower() in self.keep_words:
            return found
        low = found.lower()
        if word is PERSON and low in ORDINARY and (found == low or (low in OPENERS and begins_sentence(match))):
            return found
        return self._take(found, word)

    def _contact(self, word: str, match: re.Match[str]) -> str:
        found = match[0]
        if found.lower() in self.keep_words or self._is_public(found.lower()):
            return found
        return self._take(found, EMAIL if "@" in found else word)

    def _url(self, match: re.Match[str]) -> str:
        """An address stays as a whole or goes as a whole."""
        whole = match[0]
        url = whole.rstrip(".,:;!?)]}")
        rest = whole[len(url) :]
        place, slash, path = url.partition("://")[2].partition("/")
        host = PORT.sub("", place.lower().rpartition("@")[2]).strip("[]")
        hidden = (
            "@" in place
            or any(host == room or host.endswith(f".{room}") for room in _ROOMS)
            or (host not in self.keep_words and (self._kind(host) is not None or not re.search("[.:]", host)))
            or (bool(slash) and self._gives_away(path))
            or any(pattern is not None and pattern.search(url) for pattern in (self.phones, self.contacts))
        )
        return (self._take(host or url, LINK) if hidden else self._spare(url)) + rest

    def _gives_away(self, path: str) -> bool:
        """Whether the part of a link behind the host names something of ours."""
        if any(pattern.search(unquote(path)) for pattern in (_EMAIL, _ROOM, _ROOM_NAME)) or any(
            looks_secret(run) for run in LONG_RUN.findall(path)
        ):
            return True
        return any(self._kind(part) or self._named(part) for part in _URL_PARTS.split(path))

    def _named(self, part: str) -> bool:
        return part.lower() in _NEVER_IN_LINKS or any(
            phrases and phrases.fullmatch(part) for phrases, _ in self.phrases
        )

    def _long(self, match: re.Match[str]) -> str:
        """Random text that goes over slashes and plus signs, which end a word otherwise."""
        whole = match[0]
        if looks_secret(whole) and self._kind(whole) in (None, SECRET) and whole.lower() not in self.keep_words:
            return self._take(whole, SECRET)
        return whole

    def _chunk(self, match: re.Match[str]) -> str:
        """A word, without what a sentence or an emphasis puts around it; else what stands inside it."""
        whole = match[0]
        bare = whole.lstrip("_-.%")
        chunk = bare.rstrip("_-.:%")
        before, after = whole[: len(whole) - len(bare)], bare[len(chunk) :]
        for candidate, left in ((bare, ""), (chunk, after)):
            if word := self._kind(candidate):
                return before + self._take(candidate, word) + left
        # Digits behind a slash are no network's here: judge what stands before it.
        front, slash, back = chunk.partition("/")
        if word := self._kind(front):
            return before + self._take(front, word) + slash + back + after
        if ":" in front or front.count(".") > 2:
            pieces = [self._take(p, word) if (word := self._kind(p)) else p for p in front.split(":")]
            front = _IPV4.sub(lambda found: self._address(found[0]), ":".join(pieces))
        return before + front + slash + back + after

    def _address(self, text: str) -> str:
        return self._take(text, ADDRESS) if self._kind(text) is ADDRESS else text

    def _kind(self, chunk: str) -> str | None:
        """What a word without spaces gives away; None: nothing, or it may be known. Each word is judged once."""
        if chunk not in self.judged:
            self.judged[chunk] = self._judge(chunk)
        return self.judged[chunk]

    def _judge(self, chunk: str) -> str | None:
        low = chunk.lower()
        if low in self.keep_words or len(chunk) < 2:
            return None
        if _UUID.fullmatch(chunk):
            return ID
        if _MAC.fullmatch(chunk):
            return ADDRESS
        address = address_of(chunk)
        if address is not None:
            kept = within(address, self.keep_networks) and not within(address, self.networks)
            return None if kept else ADDRESS
        if self._is_host(low):
            return HOST
        if _HEX.fullmatch(chunk):
            return ID
        # What a colon joins is judged apart: `sha256:…` is a name and an id.
        return SECRET if ":" not in chunk and looks_secret(chunk) else None

    def _is_host(self, low: str) -> bool:
        name = PORT.sub("", low)
        if name in self.keep_words:
            return False
        found = (
            name in self.hosts
            or any(name == domain or name.endswith(f".{domain}") for domain in self.domains)
            or (self.host_pattern is not None and self.host_pattern.match(name) is not None)
            or is_internal(name)
        )
        return found and not self._is_public(name)

    def _is_public(self, name: str) -> bool:
        return bool(self.public) and bool(re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", self.public))
