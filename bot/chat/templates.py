"""Templates: Markdown with Jinja2, ours first shadowed by those of a folder. Every value is escaped, none may be missing.

One of the folder may be ours but for a part: `{% extends "klatsch/weekly.en.md.j2" %}` means our own, whatever the folder holds.
A template whose name ends in `.txt.j2` makes plain text instead: values are cleaned, and mentions are just names.
"""

from __future__ import annotations

import logging
import re
import traceback
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.chat.document import Document, clean
from bot.chat.line import shown
from bot.chat.markdown_out import code_span, escape, link
from bot.incident.timeline import Who
from bot.nearest import nearest

if TYPE_CHECKING:
    # The library is imported when the first template is rendered, and so is Markdown's: a bot that starts needs neither.
    import jinja2

log = logging.getLogger(__name__)

PACKAGED = Path(__file__).parent.parent / "templates"
OURS = "klatsch"
"""Under this prefix stand the packaged templates, for those of a folder to extend."""
SLUG_LIMIT = 60
"""Slack's names of rooms hold 80 characters, `inc-1234567-` included (https://docs.slack.dev/reference/methods/conversations.create)."""
TEXT_SHOWN = 300
"""Characters of a text that are repeated to the one who knows it."""

_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "æ": "ae", "Æ": "ae", "đ": "d"})


class TemplateError(Exception):
    """A template cannot be used: the message names the file, the line and what is wrong there."""


class Ready(str):
    """Markdown already, not to be escaped again."""

    __slots__ = ()


class Templates:
    """Finds and renders templates: those of `folder` (None: there is none) before our own of the same name.

    With `instead`, what cannot be rendered is rendered from there, and the log says so: a slip in somebody's own template
    holds up no page."""

    def __init__(self, folder: str | None = None, *, instead: Templates | None = None) -> None:
        self._instead = instead
        self._places = [folder, str(PACKAGED)] if folder else [str(PACKAGED)]
        self._folder = Path(folder) if folder else None

    @cached_property
    def _markdown(self) -> jinja2.Environment:
        return _environment(self._places, _value, {"code": _code, "mention": _mention, "time": _time})

    @cached_property
    def _text(self) -> jinja2.Environment:
        return _environment(self._places, _flat, {"code": _flat, "mention": _named, "time": local})

    def render(self, name: str, **facts: object) -> str:
        """The text of template `name` (`card.md.j2`). Raises TemplateError."""
        import jinja2

        environment = self._text if name.endswith(".txt.j2") else self._markdown
        broken = (jinja2.TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
        try:
            return environment.get_template(name).render(facts).strip()
        except (*broken, RecursionError, OSError) as error:
            explained = _explained(name, error)
            if self._instead is None:
                raise explained from error
            log.warning("%s; our own is used instead", explained)
            return self._instead.render(name, **facts)

    def document(self, name: str, **facts: object) -> Document:
        """Template `name` as a message; its first line is the summary. Raises TemplateError."""
        from bot.chat.markdown import parse_markdown

        blocks = parse_markdown(self.render(name, **facts))
        first = Document(summary="", blocks=blocks[:1]).to_plain().strip()
        return Document(summary=first.partition("\n")[0], blocks=blocks)

    def problems(self) -> list[str]:
        """What is wrong with the folder's templates, a sentence each: none is used by a name that is not ours, and
        each can be read. What a template asks for is only known when it is rendered."""
        import jinja2

        if self._folder is None:
            return []
        if not self._folder.is_dir():
            return [f"{self._folder} is not a folder."]
        ours = [path.name for path in PACKAGED.glob("*.j2")]
        found = []
        for path in sorted(self._folder.glob("*.j2")):
            if path.name not in ours:
                near = nearest(path.name, ours)
                found.append(f"{path} overrides nothing.{f' Did you mean {near}?' if near else ''}")
            try:
                self._markdown.get_template(path.name)
            except jinja2.TemplateError as error:
                found.append(str(_explained(path.name, error)))
            except UnicodeDecodeError as error:
                found.append(f"{path} is not UTF-8: {error.reason}.")
        return found


def _environment(
    places: list[str], finalize: Callable[[object], str], filters: dict[str, Callable[..., str]]
) -> jinja2.Environment:
    import jinja2

    ours = jinja2.PrefixLoader({OURS: jinja2.FileSystemLoader(str(PACKAGED))})
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([ours, jinja2.FileSystemLoader(places)]),
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        autoescape=False,  # noqa: S701 - HTML's escapes; `finalize` does Markdown's
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({"raw": Ready, "link": _link, "slug": slug, "names": _names, **filters})
    return environment


def _value(value: object) -> str:
    return value if isinstance(value, Ready) else escape(value)


def _flat(value: object) -> str:
    return " ".join(clean("" if value is None else str(value)).split())


def _code(value: object) -> str:
    return Ready(code_span(value))


def _link(text: object, url: str) -> str:
    return Ready(link(text, url)) if url else Ready(escape(text))


def _mention(person: str, who: Who) -> str:
    """`{{ lead | mention(who) }}`: the person by name, notified where the platform can."""
    return Ready(f"[{escape(who(person))}](person:{_url(person)})") if person else Ready("")


def _named(person: str, who: Who) -> str:
    return who(person) if person else ""


def _names(people: Iterable[str], who: Who) -> str:
    """`{{ people | names(who) }}`: `Ana Ruiz and Ben Okoro`."""
    return and_(who(person) for person in people)


def _time(at: datetime, zone: str, form: str = "%H:%M") -> str:
    """`{{ at | time(zone) }}`: shown in `zone`, and in the reader's own time where the platform can."""
    return Ready(f"[{escape(local(at, zone, form))}](time:{at.astimezone(UTC).isoformat()})")


def _url(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9:@._-]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def local(at: datetime, zone: str, form: str = "%H:%M") -> str:
    """`at` as people in `zone` read it."""
    return at.astimezone(ZoneInfo(zone)).strftime(form)


def short(text: str) -> str:
    """At most `TEXT_SHOWN` characters of a text, the last one an ellipsis where more was cut."""
    return text if len(text) <= TEXT_SHOWN else f"{text[: TEXT_SHOWN - 1]}…"


def and_(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *rest, last = [*names] or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def slug(text: str) -> str:
    """`text` as a part of a room's name: small letters, digits and hyphens."""
    flat = unicodedata.normalize("NFKD", str(text).translate(_LETTERS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", flat.lower()).strip("-")[:SLUG_LIMIT].strip("-")


def _explained(name: str, error: Exception) -> TemplateError:
    import jinja2

    if isinstance(error, jinja2.TemplateNotFound):
        return TemplateError(f"There is no template {error.name or name}.")
    file, line = name, 0
    if isinstance(error, jinja2.TemplateSyntaxError):
        file, line = error.filename or name, error.lineno
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.endswith(".j2"):
                file, line = frame.filename, frame.lineno or 0
    return TemplateError(f"{file}, line {line}: {shown(str(error), 300)}")
