"""`klatsch check`: look at everything a bot needs, change nothing, and say what to do about what is missing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from bot.addresses import url
from bot.chat.templates import TemplateError, Templates
from bot.coffee.weekly.speech import LEXICA
from bot.config import Config
from bot.database import prepare, schema_state
from bot.durations import format_duration
from bot.findings import (
    HELD,
    OK,
    PROBLEM,
    WARNING,
    Finding,
    alerts,
    alive,
    heartbeats,
    pages,
    platforms,
    policies,
    routes,
    schedules,
)
from bot.for_commands import DRAFTS, is_klatsch, rules, taken, wording
from bot.incident.effects import KINDS, SendPage
from bot.incident.events import PeoplePaged
from bot.incident.model import Person
from bot.lookups import Waiting
from bot.main import Klatsch
from bot.offered import Probed
from bot.oncall.overrides import Override
from bot.ports import DeliveryError
from bot.providers import pagers, publishers
from bot.reach import lacking
from bot.store import StoreUnavailable
from bot.terminal.calendar_findings import calendars
from bot.terminal.learning_findings import digests
from bot.terminal.sample import SAMPLE_ALERT, sample, sample_weeks
from bot.words import Wording

PROBED_WITHIN = 20.0
"""Seconds; a provider that takes longer to say hello does not answer."""

LATE = timedelta(minutes=1)
"""What has waited for longer waits for something."""


async def check(config: Config) -> int:
    """Print a line for each thing looked at; 1 when one of them is a problem. Does not need a bot that runs, and does
    not disturb one. Raises ConfigError for what is wrong in the providers' blocks."""
    klatsch = Klatsch(config)
    problems = 0
    async with klatsch.looking():
        async for finding in _findings(klatsch):
            print(finding, flush=True)
            problems += finding.level == PROBLEM
    if problems:
        print(f"{problems} problem{'' if problems == 1 else 's'}; the bot may start, but will not do all it should.")
    return 1 if problems else 0


async def _findings(klatsch: Klatsch) -> AsyncIterator[Finding]:
    """From what is quick and at home to what is slow and elsewhere."""
    config = klatsch.config
    yield Finding(OK, str(config.file), "every key is known")
    for warning in config.warnings:
        yield Finding(WARNING, warning.path or str(config.file), f"{warning.message}. {warning.remedy}")
    database = await asyncio.to_thread(_database, klatsch)
    yield database
    if database.level == OK:
        for finding in await asyncio.to_thread(_kept, klatsch):
            yield finding
    serves = False
    for key, (host, port) in klatsch.addresses().items():
        finding, ours = await _address(key, host, port)
        serves = serves or (ours and key == "http.listen")
        yield finding
    if config.http.public_url:
        yield await _public_url(config, serves)
    for finding in await calendars(klatsch, database.level == OK):
        yield finding
    overrides = await asyncio.to_thread(_overrides, klatsch) if database.level == OK else []
    klatsch.duty.overrides(overrides)
    # With what the calendars say, and people.
    config = replace(config, roster=klatsch.duty.roster)
    for finding in (
        *_templates(klatsch),
        *_people(klatsch),
        *schedules(config, klatsch.duty.roster, klatsch.clock.now(), overrides),
        *policies(config, klatsch.clock.now()),
        *alerts(config),
        *routes(config),
        *pages(config),
        *platforms(config),
        *alive(config),
    ):
        yield finding
    for finding in (*await digests(klatsch), *await _probed(klatsch)):
        yield finding


def _overrides(klatsch: Klatsch) -> list[Override]:
    """None where a schema of before has no table for them, or there is none at all."""
    try:
        if klatsch.database.file is not None and not klatsch.database.file.exists():
            return []
        version, newest = schema_state(klatsch.database)
        return klatsch.lookups.overrides(klatsch.clock.now()) if version == newest else []
    except StoreUnavailable:
        return []


def _database(klatsch: Klatsch) -> Finding:
    about = f"storage.url ({klatsch.database.url.render_as_string(hide_password=True)})"
    file = klatsch.database.file
    if file is not None:
        # Looking must not make the file.
        if not file.exists():
            return _writable(about, file.absolute().parent, "is made at the first start")
        if not os.access(file, os.R_OK | os.W_OK):
            return Finding(PROBLEM, about, "we may not read and write the file. Give it to the user Klatsch runs as.")
    try:
        version, newest = schema_state(klatsch.database)
    except StoreUnavailable as error:
        return Finding(PROBLEM, about, f"it does not answer: {error}. Check the address, and that it runs.")
    if version is None:
        return Finding(OK, about, "reachable and empty; the first start makes the schema")
    if version > newest:
        try:
            prepare(klatsch.database)
        except StoreUnavailable as error:
            return Finding(PROBLEM, about, f"{error}.")
        return Finding(
            WARNING, about, f"reachable; its schema is {version}, this release knows {newest} and works with it"
        )
    if version < newest:
        return Finding(OK, about, f"reachable; the next start brings its schema from {version} to {newest}")
    return Finding(OK, about, f"reachable, schema {version}")


def _kept(klatsch: Klatsch) -> list[Finding]:
    """What stands in the database and waits: to be done, or to be heard."""
    if klatsch.database.file is not None and not klatsch.database.file.exists():
        return []
    try:
        version, newest = schema_state(klatsch.database)
        if version is None:
            return []
        found = _backlog(klatsch.lookups.waiting(), klatsch.clock.now())
        if version >= newest:
            found += heartbeats(klatsch.config, klatsch.lookups.signals(), klatsch.clock.now())
    except StoreUnavailable as error:
        return [Finding(PROBLEM, "outbox", f"it cannot be read: {error}.")]
    return found


def _backlog(waiting: Sequence[Waiting], now: datetime) -> list[Finding]:
    """What waits to be done outside, and why. Nothing of it is lost."""
    late = [kind for kind in waiting if now - kind.oldest > LATE]
    found = [_late(kind, now - kind.oldest) for kind in late]
    return found or [Finding(OK, "outbox", "nothing has waited for long to be said or sent")]


def _late(waiting: Waiting, since: timedelta) -> Finding:
    why = (
        f": {waiting.reason}" if waiting.reason else ": not tried yet, for it waits behind another one, or no bot runs"
    )
    text = f"{waiting.count} waiting, the first for {format_duration(since)}{why}"
    # Chat may be slow. Who is not paged sleeps.
    return Finding(PROBLEM if waiting.kind == KINDS[SendPage] else WARNING, f"outbox.{waiting.kind}", text)


def _writable(about: str, folder: Path, what: str) -> Finding:
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding(OK, about, what)
    return Finding(PROBLEM, about, f"we may not write into {nearest}. Choose another place, or give us that one.")


async def _address(key: str, host: str, port: int) -> tuple[Finding, bool]:
    """What is with a listen address, and whether a Klatsch has it."""
    shown = f"{f'[{host}]' if ':' in host else host}:{port}"
    reason = await asyncio.to_thread(taken, host, port)
    if not reason:
        return Finding(OK, key, f"{shown} is free"), False
    if await is_klatsch(url(host, port)):
        return Finding(OK, key, f"a Klatsch serves {shown}"), True
    text = f"cannot listen on {shown} ({reason}). Stop what has it, or choose another address."
    return Finding(PROBLEM, key, text), False


async def _public_url(config: Config, serves: bool) -> Finding:
    about, public = "http.public_url", config.http.public_url
    parts = urlsplit(public)
    if _only_here(parts.hostname or ""):
        text = f"only this machine can open {public}, so nobody can acknowledge from a phone. Write the address people use."
        return Finding(WARNING, about, text)
    if parts.scheme == "http":
        return Finding(WARNING, about, f"{public} is not encrypted: who listens in can acknowledge. Use https.")
    if not serves:
        return Finding(OK, about, f"{public}; whether it leads here is seen when the bot runs")
    if await is_klatsch(public):
        return Finding(OK, about, f"{public} leads to a Klatsch")
    text = f"no Klatsch answers at {public} from here. Check the name, the certificate and the proxy in front of us."
    return Finding(WARNING, about, text)


def _only_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _templates(klatsch: Klatsch) -> Iterator[Finding]:
    config = klatsch.config
    about = "chat.templates" if config.chat.templates else "templates"
    # The bot itself would use ours instead of a broken one.
    templates = Templates(config.chat.templates)
    found = templates.problems()
    someone = next(iter(config.people.values()), None) or Person("sample", "Sample Person")
    try:
        render_everything(wording(config, templates, klatsch.duty, rules(config).policy), someone, klatsch.clock.now())
    except TemplateError as error:
        found = list(dict.fromkeys([*found, str(error)]))
    for problem in found:
        yield Finding(
            PROBLEM, about, f"{problem} Until it is mended, our own is used." if ".j2" in problem else problem
        )
    if not found:
        yield Finding(OK, about, "every one renders")


def render_everything(words: Wording, person: Person, now: datetime) -> None:
    """Every template: an incident at every turn of its life, and a week of the digest. Raises TemplateError."""
    for incident, history in sample(now, person.id):
        words.card(incident, now)
        words.announcement(incident, now)
        words.digest(incident, history)
        words.topic(incident)
        words.room_name(incident, "")
        words.page(incident, next((r for r in history if isinstance(r.event, PeoplePaged)), None), [SAMPLE_ALERT])
        words.draft(incident, history)
    for gathered, around in sample_weeks(now, person.id):
        for language in LEXICA:
            words.weekly(gathered, around, language)


def _people(klatsch: Klatsch) -> Iterator[Finding]:
    config, ways = klatsch.config, pagers(klatsch.settings, klatsch.http)
    for person in config.people.values():
        about = f"people.{person.id}"
        if not person.ways:
            if ways:
                yield Finding(WARNING, about, f"nobody can page them. Write `page: [{', '.join(ways)}]` or some of it.")
            continue
        if missing := lacking(person, ways):
            yield Finding(PROBLEM, about, "; ".join(missing))
        else:
            after = {way: f"{way} after {format_duration(wait)}" for way, wait in person.waits.items()}
            yield Finding(OK, about, f"is paged by {', '.join(after.get(way, way) for way in person.ways)}")


async def _probed(klatsch: Klatsch) -> list[Finding]:
    """Everything that can be tried without doing anything, all at once."""
    checked, http = klatsch.settings, klatsch.http
    tried: list[tuple[str, object]] = [(f"paging.{name}", pager) for name, pager in pagers(checked, http).items()]
    tried += [
        ("postmortem.folder" if name == DRAFTS else f"publishing.{name}", publisher)
        for name, publisher in publishers(checked, http).items()
    ]
    talking = klatsch.platforms(set(klatsch.config.platforms) - HELD)
    tried += [(f"chat.{name}", platform) for name, platform in talking.items()]
    try:
        return list(await asyncio.gather(*(_probe(about, adapter) for about, adapter in tried)))
    finally:
        for platform in talking.values():
            await platform.aclose()


async def _probe(about: str, adapter: object) -> Finding:
    if not isinstance(adapter, Probed):
        return Finding(OK, about, "configured; it cannot be tried without being used")
    try:
        async with asyncio.timeout(PROBED_WITHIN):
            await adapter.probe()
    except DeliveryError as error:
        return Finding(PROBLEM, about, error.reason)
    except TimeoutError:
        return Finding(PROBLEM, about, f"no answer within {PROBED_WITHIN:.0f} s")
    return Finding(OK, about, "reachable, and lets us in")
