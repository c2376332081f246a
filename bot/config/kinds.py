"""The kinds of values in config.yaml: how each is written, and what is said of one that is not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, PlainValidator, SecretStr
from pydantic_core import PydanticCustomError

from bot.config.problems import quote
from bot.crons import Cron, parse_cron
from bot.durations import parse_duration
from bot.incident.text import web_link
from bot.nearest import nearest
from bot.oncall.hours import Hours, parse_hours
from bot.sizes import parse_size


class Block(dict[str, Any]):
    """A provider's settings as they were written. Its repr names the keys and keeps the values to itself."""

    def __repr__(self) -> str:
        return f"Block({', '.join(map(str, self))})"


LONGEST_WAIT = timedelta(days=1)
"""Between two ways of one person; whoever has not answered by then was not woken."""

MOST_WINDOWS = 50
"""Of one list of hours: each of them is looked at for each instant."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen. `host` has no brackets; port 0 takes any that is free."""

    host: str
    port: int


def wrong(message: str, remedy: str = "") -> PydanticCustomError:
    """What a validator raises: said to people as it stands here."""
    # The texts are arguments, so a brace in them is no placeholder.
    return PydanticCustomError("klatsch", "{message}", {"message": message, "remedy": remedy})


def as_block(value: object) -> Block:
    """A mapping, and every mapping inside it, as blocks; nothing is an empty one. Raises what a validator raises."""
    if value is None:
        return Block()
    if not isinstance(value, dict):
        raise wrong("it is not a block of `key: value` lines")
    return Block({key: _inside(inner) for key, inner in value.items()})


def _inside(value: object) -> object:
    if isinstance(value, list):
        return [_inside(item) for item in value]
    return as_block(value) if isinstance(value, dict) else value


def _text(value: str) -> str:
    if not value.isprintable():
        raise wrong("it holds a line break or a control character", "Write it on one line.")
    return value


def texts(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _duration(value: object) -> object:
    if not isinstance(value, str):
        raise wrong("it is not a length of time", "Write it like 5m, 1h30m, 14d or 1w.")
    try:
        return parse_duration(value)
    except ValueError as error:
        raise wrong(f"{quote(value)} is not usable: {error}") from None


def _way(value: object) -> object:
    """`ntfy`, or `{email: 2m}`: how long after the page began it is used."""
    if isinstance(value, str):
        return value, timedelta()
    if not isinstance(value, dict) or len(value) != 1:
        raise wrong(
            "it is not the name of a pager", "Write it like `ntfy`, or `{email: 2m}` to use it that much later."
        )
    [(name, after)] = value.items()
    wait = _duration(after)
    if not isinstance(wait, timedelta) or wait > LONGEST_WAIT:
        raise wrong(f"{quote(str(name))} comes more than a day later", "Whoever did not answer by then was not woken.")
    return name, wait


def _each_once(ways: tuple[tuple[str, timedelta], ...]) -> tuple[tuple[str, timedelta], ...]:
    names = [name for name, _ in ways]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise wrong(f"{quote(twice)} is there twice", "Name each way once.")
    return ways


def _zone(value: object) -> object:
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (ValueError, OSError, KeyError):
        near = nearest(str(value), available_timezones())
        remedy = f"Did you mean {quote(near)}?" if near else "Write it like `Europe/Berlin`."
        raise wrong(f"there is no zone {quote(value)}", remedy) from None


def _cron(value: object) -> object:
    if not isinstance(value, str):
        raise wrong("it is not a time that comes round", "Write it like `mon 09:00` or `daily 09:00`.")
    try:
        return parse_cron(value)
    except ValueError as error:
        raise wrong(f"{quote(value)} is not usable: {error}") from None


def _hours(value: object) -> object:
    windows = texts(value)
    if not isinstance(windows, list) or not windows or not all(isinstance(window, str) for window in windows):
        raise wrong("it is no list of windows", "Write it like `[mon-fri 09:00-17:00]`, or leave it out for all hours.")
    if len(windows) > MOST_WINDOWS:
        raise wrong(f"it has {len(windows)} windows, and {MOST_WINDOWS} is the most", "Put days together: `mon-fri`.")
    for window in windows:
        try:
            parse_hours(window)
        except ValueError as error:
            raise wrong(f"{quote(window)} is not usable: {error}") from None
    return parse_hours(*windows)


def _turn(value: object) -> object:
    if not isinstance(value, str | list):
        raise wrong(
            "it is not the name of a person, nor a list of those who take the turn together", "Put it in quotes."
        )
    return texts(value)


def as_start(value: object) -> object:
    return _local(value, "Write the local time of the first hand-over, like 2026-11-02T09:00.", "the schedule's zone")


def as_first_coffee(value: object) -> object:
    """A day alone would be midnight, when nobody meets for coffee."""
    remedy = "Write the local time of the first coffee, like 2026-12-03T10:00."
    local = _local(value, remedy, "`coffee.zone`")
    if isinstance(value, str) and len(value) <= len("2026-12-03"):
        raise wrong(f"{quote(value)} has no time of day", remedy)
    return local


def _local(value: object, remedy: str, zone: str) -> datetime:
    """A time without an offset; `zone` is what says that."""
    if not isinstance(value, str):
        raise wrong("it is not a time", remedy)
    try:
        local = datetime.fromisoformat(value)
    except ValueError:
        raise wrong(f"{quote(value)} is not a time", remedy) from None
    if local.tzinfo is not None:
        raise wrong(f"{quote(value)} has an offset; {zone} says that", remedy)
    if not 1970 <= local.year <= 2100:
        raise wrong(f"{quote(value)} is not in our time", remedy)
    return local


def parse_listen(value: object) -> Listen:
    """`127.0.0.1:8080`, `[::1]:8080`, `localhost:0`; raises what a validator raises."""
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", value) if isinstance(value, str) else None
    if match is None or int(match[2]) > 65535:
        raise wrong(
            f"{quote(value)} is not host:port", "Write it like `127.0.0.1:8080`, or `0.0.0.0:8080` for everybody."
        )
    return Listen(match[1].strip("[]"), int(match[2]))


def as_public_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if value and (not known or set(value) & set("?#@")):
        raise wrong(f"{quote(value)} is not an address people can open", "Write it like `https://klatsch.example.org`.")
    return value.rstrip("/")


def as_link(value: str) -> str:
    """An address of the web as it stands in a message; unlike an address of ours it may hold a question and a fragment."""
    if value and not web_link(value):
        raise wrong(
            f"{quote(value)} is not an address people can open", "Write it like `https://meet.example.org/coffee`."
        )
    return value


def as_secret_url(value: SecretStr) -> SecretStr:
    """An address of the web; nothing of it is ever repeated."""
    url = value.get_secret_value()
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known or not url.isascii() or not url.isprintable() or " " in url:
        raise wrong("it is not an address of the web", "Write all of it, like `https://hc-ping.com/…`.")
    return value


def as_database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not re.match(r"sqlite:///.|postgresql(\+psycopg)?://.", url):
        raise wrong(
            "it is not the address of a database we know",
            "Write `sqlite:///klatsch.db` or `postgresql://user@host/database`.",
        )
    return value


def as_command(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", value):
        raise wrong(f"{quote(value)} is not a word in small letters")
    return value


def as_folder(value: str) -> str:
    if not value:
        raise wrong("it names no folder", "Write a path, like `postmortems`.")
    return value


def as_size(value: object) -> object:
    """Bytes of `10MB`; a number is one of bytes. Raises what a validator raises."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise wrong("it is not a size", "Write it like 10MB, 500kB or 0.")
    try:
        return parse_size(value)
    except ValueError as error:
        raise wrong(f"{quote(value)} is not usable: {error}") from None


def as_host_pattern(value: str) -> str:
    if not value.strip("*?. "):
        raise wrong(f"{quote(value)} would take out every word", "Write a part of the name, like `compute-*`.")
    return value


Text = Annotated[str, AfterValidator(_text)]
Ways = Annotated[
    tuple[Annotated[tuple[Text, timedelta], BeforeValidator(_way)], ...],
    BeforeValidator(texts),
    AfterValidator(_each_once),
]
Texts = Annotated[tuple[Text, ...], BeforeValidator(texts)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Turns = Annotated[tuple[Annotated[tuple[Text, ...], BeforeValidator(_turn)], ...], BeforeValidator(texts)]
"""Each turn of a rotation with all who take it together."""
HoursText = Annotated[Hours, BeforeValidator(_hours)]
CronText = Annotated[Cron, BeforeValidator(_cron)]
Labels = dict[Text, Text]
AnyBlock = Annotated[Block, PlainValidator(as_block)]
