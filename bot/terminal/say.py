"""What a terminal can do on the same database, beside a bot that serves or in its place: break glass."""

from __future__ import annotations

import asyncio
import getpass
import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bot.chat.document import Document, clean, say
from bot.chat.line import ref
from bot.chat.line import shown as shorten
from bot.chat.parse import takes_on
from bot.chat.verbs import find
from bot.config import Config
from bot.database import missing, reading, schema_of
from bot.export import Exported, to_html, to_json, to_markdown
from bot.export.files import path_of
from bot.export.files import shown as shown_files
from bot.for_commands import AlreadyRunning, component_names, redaction, shown
from bot.incident.effects import KINDS, MailWeeklyDigest, SayWeeklyDigest, SendPage
from bot.incident.events import Recorded
from bot.incident.model import Person, Refused
from bot.main import Klatsch
from bot.names import roster
from bot.nearest import nearest
from bot.ports import DeliveryError, Said
from bot.postmortem.markup import closed
from bot.rostered import on_call
from bot.status.contacts import names_of
from bot.status.redact import Redaction, mask
from bot.store import Files, StoreUnavailable
from bot.terminal.keyboard import typed_line
from bot.understanding import TERMINAL

DELIVERED_WITHIN = 15.0
"""Seconds in which `say` sends what its line caused, when no bot runs that would."""

HISTORY_LIMIT = 100_000
"""Events of one incident that an export holds; more than any incident has had."""

SAY_WHAT = "Write it behind `say`, for example `klatsch say list` or `klatsch say open sev2 Volumes slow`."

AT_A_TERMINAL = (
    "Type a line and press Enter, for example `list` or `help`. `INC-2` alone stays on that incident, `leave` goes back; "
    "`quit` or Ctrl-D ends."
)
OUT = ("quit", "exit")
BACK = ("leave", "inc-0")

REFERENCE = re.compile(r"(?:INC-|#)?(\d{1,9})", re.IGNORECASE)


def known(person: str, people: Mapping[str, Person], option: str = "--as ") -> str:
    """`person`, who is one of `people`: what is said in a name nobody has would stop paging for nobody.

    Raises Refused, naming the nearest, and `option`, which named the person."""
    if person in people:
        return person
    near = nearest(person, people)
    hint = f"Did you mean `{option}{near}`?" if near else f"Leave `{option.rstrip(' =')}` out to speak as your login."
    raise Refused(f"There is no `{shorten(person)}` under `people:`.", hint)


def speaking(named: str | None, environ: Mapping[str, str], people: Mapping[str, Person]) -> str:
    """Who speaks: who was `named`, else whom the environment names, else the login. Raises Refused."""
    if named is not None:
        return known(named, people)
    if usual := environ.get("KLATSCH_AS"):
        return known(usual, people, "KLATSCH_AS=")
    try:
        return speaker(getpass.getuser(), people)
    except (OSError, KeyError):
        return speaker("", people)


def speaker(login: str, people: Mapping[str, Person]) -> str:
    """Who speaks with this login: the person with that id, else somebody of the terminal's own."""
    return login if login in people else f"{TERMINAL}:{login}" if login else TERMINAL


async def talk(config: Config, line: str, person: str) -> int:
    """Do what `line` asks and print the answer; without a line, read lines until the end of input."""
    klatsch = Klatsch(config)
    try:
        return await _talk(klatsch, line, person)
    except StoreUnavailable as error:
        verb = find(line.split()[0]) if line.split() else None
        if verb is None or verb.name != "oncall":
            raise
        # Whoever has nothing else left wants a telephone number.
        print(
            f"klatsch: the database does not answer ({error}): overrides and calendars are missing here.",
            file=sys.stderr,
        )
        printed(on_call(roster(config), {"contacts": "yes"}, klatsch.clock.now(), config.people))
        return 1


async def _talk(klatsch: Klatsch, line: str, person: str) -> int:
    new = missing(klatsch.database)
    async with klatsch.working():
        if new:
            # Whoever has the wrong file learns it now, and not when nobody comes.
            print(
                f"klatsch: made a new database, {klatsch.database.file}. "
                "If a bot runs already, it has another one: look at `storage.url`.",
                file=sys.stderr,
            )
        said = _Talk(klatsch, person)
        if line:
            return await said.line(line)
        return await said.lines()


class _Talk:
    """What one person says at this terminal."""

    def __init__(self, klatsch: Klatsch, person: str) -> None:
        self._klatsch = klatsch
        self._person = person
        self._about: int | None = None
        people = klatsch.config.people
        self._unknown = () if person in people else tuple(people)

    async def lines(self) -> int:
        """Every line of standard input, one after the other; the exit code is the last one's."""
        result, said = 0, False
        if sys.stdin.isatty():
            print(AT_A_TERMINAL, file=sys.stderr)
        with suppress(EOFError):
            while (line := await self._typed()).lower() not in OUT:
                if line:
                    said = True
                    result = await self.line(line)
                    if result == 0 and sys.stdin.isatty():
                        self._about = ref(line) or self._about
        if not said and not sys.stdin.isatty():
            raise Refused("No line came from standard input.", SAY_WHAT)
        return result

    async def _typed(self) -> str:
        """The next line; at a terminal behind a prompt, and without those that only say which incident is meant."""
        if not sys.stdin.isatty():
            return (await typed_line()).strip()
        print(f"INC-{self._about}> " if self._about else "klatsch> ", end="", file=sys.stderr, flush=True)
        try:
            line = (await typed_line()).strip()
        except EOFError:
            print(file=sys.stderr)
            raise
        if line.lower() in BACK:
            self._about = None
            return ""
        return line

    async def line(self, line: str) -> int:
        self._warn(line)
        said = Said(platform=TERMINAL, room="", by=self._person, line=line, about=self._about)
        before = self._klatsch.writer.done
        answer = await self._klatsch.conversation.said(said)
        printed(answer)
        if answer.tone == "refused":
            return 1
        if self._klatsch.writer.done > before:
            # A question asks nothing of the writer, and sends nothing either.
            await send(self._klatsch)
        return 0

    def _warn(self, line: str) -> None:
        """Once: what somebody takes on whom nobody can reach, nobody has."""
        if self._unknown and takes_on(line):
            print(
                f"klatsch: you speak as {clean(self._person)}, whom nobody can page; "
                f"--as NAME speaks as one of: {', '.join(self._unknown)}",
                file=sys.stderr,
            )
            self._unknown = ()


async def send(klatsch: Klatsch) -> None:
    """With no bot running, what the line caused is sent from here; else the running bot sends it. The line itself is done
    and recorded whatever becomes of this."""
    try:
        try:
            async with klatsch.delivering() as deliverer:
                if not await deliverer.drain_within(DELIVERED_WITHIN):
                    printed(say("Not everything is sent yet; `klatsch serve` sends the rest.", "warning"))
        except AlreadyRunning:
            return
        except DeliveryError as error:
            printed(_left(error.reason))
        for unsent in await asyncio.to_thread(_unsent, klatsch):
            printed(say(unsent, "warning"))
    except StoreUnavailable as error:
        printed(_left(f"the database does not answer ({error})"))


def _left(reason: str) -> Document:
    why = reason.rstrip(".")
    return say(f"Done and recorded; it could not be sent from here: {why}. `klatsch serve` sends it.", "warning")


def _unsent(klatsch: Klatsch) -> list[str]:
    """What somebody who reads "paged", or "on its way", has to know when no bot runs."""
    left = {kind.kind: kind.count for kind in klatsch.lookups.waiting()}
    pages = left.get(KINDS[SendPage], 0)
    digests = sum(left.get(KINDS[effect], 0) for effect in (SayWeeklyDigest, MailWeeklyDigest))
    told = []
    for count, one, many in ((pages, "page", "pages"), (digests, "digest", "digests")):
        if count:
            what = f"1 {one} has" if count == 1 else f"{count} {many} have"
            told.append(f"{what} not gone out yet: `klatsch check` says what is wrong, `klatsch serve` goes on trying.")
    waiting = [i.ref for i in klatsch.lookups.open_incidents() if i.paging and i.paging.waiting and i.paging.next_at]
    if waiting:
        told.append(f"No bot runs here, so nobody else is paged for {', '.join(waiting)} until `klatsch serve` does.")
    return told


def printed(document: Document) -> None:
    """Print a message as wide as the terminal is."""
    width = min(100, shutil.get_terminal_size().columns)
    print(shown(document, width, colour=sys.stdout.isatty()), flush=True)


def exported(config: Config, ref: str, form: str, *, public: bool, to: str = "") -> str:
    """An incident as text; JSON is that of docs/export.schema.json. With a folder `to` it is written there, and beside it the kept
    files that its timeline shows; of a public copy none. Raises Refused when there is no such incident, and when the folder is
    not empty: what lies there would be taken for a part of it."""
    number = REFERENCE.fullmatch(ref.strip())
    with reading(config) as (lookups, files):
        incident = lookups.incident(int(number[1])) if number else None
        if incident is None:
            raise Refused(f"There is no {ref}.", "`klatsch say list` shows what is open.")
        history = lookups.history(incident.number, limit=HISTORY_LIMIT)
        folder = _made(Path(to)) if to else None
        paths = _written(incident.number, history, files, folder) if folder and not public else {}
        copy = Exported(incident, history, lookups.alerts(incident.number), paths)
    text = _text(config, copy, form, public=public)
    if folder:
        (folder / f"{incident.ref}.{form}").write_text(text, encoding="utf-8")
    return text


def _text(config: Config, copy: Exported, form: str, *, public: bool) -> str:
    if form == "json":
        value = to_json(copy, people=config.people, public=public)
        return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    components = component_names(config)
    write = to_html if form == "html" else to_markdown
    return write(copy, people=config.people, zone=str(config.zone), components=components, public=public)


def _written(number: int, history: Sequence[Recorded], files: Files, folder: Path) -> dict[tuple[str, int], str]:
    """Where each file lies now. One at a time is in memory."""
    paths: dict[tuple[str, int], str] = {}
    for file in shown_files(history):
        content = files.content(number, file.message, file.number) if file.kept else None
        if content is not None:
            path = path_of(file, content)
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(content)
            paths[file.message, file.number] = path
    return paths


def _made(folder: Path) -> Path:
    """It is there, empty, and if it was not there before only we read it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Refused(f"{shorten(str(folder))} is not empty.", "Name a folder that is not there yet.")
    return folder


def redacted(config: Config | None, text: str) -> str:
    """The public form of a text: what is nobody's business is masked, and what a draft cites opens no message of ours."""
    text = closed(text)
    if config is None:
        return mask(text, Redaction())[0]
    return mask(text, redaction(config), names_of(config.people.values()))[0]


def schema(config: Config, what: str) -> str:
    """`current`: the schema's version. `upgrade`: bring it to the newest."""
    return schema_of(config, upgrade=what == "upgrade")
