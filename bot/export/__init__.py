"""An incident as a file: JSON for programs, Markdown and HTML for people, and the copy of each that may be published.

The JSON is described by `docs/export.schema.json`. The public copy holds what customers were told, the moments, the
components and which roles were held; no person, host, room, alert label or internal text is ever in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape as html_escape

from markdown_it import MarkdownIt

from bot.chat.card import who
from bot.export import files, rows
from bot.export.files import Paths
from bot.export.page import PAGE, STYLE, Boxed
from bot.export.rows import Json, utc
from bot.incident import events as e
from bot.incident.model import Incident, Moment, Person, Refused
from bot.incident.timeline import sentence
from bot.lookups import StoredAlert
from bot.postmortem.draft import draft
from bot.postmortem.markup import cite, closed, opened, table
from bot.postmortem.told import taken_items, told
from bot.postmortem.words import clean, escape

SOURCES = frozenset({"alert", "command", "status", "undo", "link"})
"""Where a moment may come from in public; the name of a provider is nobody's business."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export is made of: the row, all of its events (oldest first) and its alerts; `paths` of the files beside it."""

    incident: Incident
    history: Sequence[e.Recorded]
    alerts: Sequence[StoredAlert] = ()
    paths: Paths = field(default_factory=dict)


def to_json(exported: Exported, *, people: Mapping[str, Person], public: bool = False) -> Json:
    """The incident as `docs/export.schema.json` describes it: JSON values only, times in UTC as `2026-11-20T14:05:00Z`.

    People are ids, and names (from `people`) in sentences. The public copy has the same keys; what is internal is
    empty in it. Raises `Refused` when the public copy of a private incident is asked for.
    """
    incident = exported.incident
    if public:
        _refuse_private(incident)
        return _public(exported)
    story = told(exported.history)
    tasks, followups = taken_items(exported.history)
    held = incident.postmortem
    return {
        **_common(exported),
        "title": clean(incident.title),
        "roles": {role.value: person for role, person in sorted(incident.roles.items())},
        "alerts": [rows.alert(alert) for alert in exported.alerts],
        "timeline": [rows.row(row, sentence(row.event, who(people))) for row in story],
        "files": [files.row(file, exported.paths) for file in files.shown(exported.history)],
        "rooms": [
            {"platform": platform, "id": room.id, "link": room.link, "archived": room.archived}
            for platform, room in sorted(incident.rooms.items())
        ],
        "pages": rows.pages(exported.history),
        "public_posts": rows.posts(exported.history),
        "tasks": [
            {
                "id": task.id,
                "text": clean(task.text),
                "owner": task.owner,
                "state": "dropped" if task.dropped else "done" if task.done else "open",
            }
            for task in incident.tasks
            if task.id not in tasks
        ],
        "followups": [
            {
                "id": item.id,
                "text": clean(item.text),
                "owner": item.owner,
                "due": utc(item.due),
                "outcome": item.outcome,
                "reason": clean(item.reason),
            }
            for item in incident.followups
            if item.id not in followups
        ],
        "postmortem": {
            "through": held.through if held else None,
            "owner": held.owner if held else "",
            "place": clean(held.place) if held else "",
        },
    }


def to_markdown(
    exported: Exported,
    *,
    people: Mapping[str, Person],
    zone: str = "",
    components: Mapping[str, str] | None = None,
    public: bool = False,
) -> str:
    """The incident in brief, its whole timeline, and the postmortem's draft as of now; the public copy without a draft.
    Times are UTC, to the minute. The id of what came of a message in chat opens that.

    `zone` and `components` are those of `bot.postmortem.draft.draft`. Raises `Refused` as `to_json` does.
    """
    shown = to_json(exported, people=people, public=public)
    names = components or {}
    parts = [f"# {shown['ref']}: {escape(shown['title'])}", _brief(shown, people, names), _story(shown, people)]
    if listed := files.listed(shown["ref"], shown["files"]):
        parts.append(listed)
    if not public:
        parts.append(closed(draft(exported.history, people=people, zone=zone, components=names)).rstrip("\n"))
    messages = {row["id"]: row["source"]["link"] for row in shown["timeline"] if row["source"]["link"]}
    return opened("\n\n".join(parts) + "\n", messages)


def to_html(
    exported: Exported,
    *,
    people: Mapping[str, Person],
    zone: str = "",
    components: Mapping[str, str] | None = None,
    public: bool = False,
) -> str:
    """`to_markdown` as one self-contained page: no script, nothing loaded but the pictures beside it. Raises `Refused` likewise."""
    text = to_markdown(exported, people=people, zone=zone, components=components, public=public)
    body = MarkdownIt("commonmark", {"html": False}, renderer_cls=Boxed).enable("table").render(text)
    title = html_escape(text.partition("\n")[0].removeprefix("# ").replace("\\", ""))
    return PAGE.format(title=title, style=STYLE, body=body)


def _refuse_private(incident: Incident) -> None:
    if incident.private:
        raise Refused(
            f"{incident.ref} is private; no copy of it may be published.",
            "Export it without `--public` for those who worked on it.",
        )


def _common(exported: Exported) -> Json:
    """What both copies show the same way."""
    incident = exported.incident
    stamps = {moment: incident.moments.get(moment) for moment in Moment}
    return {
        "ref": incident.ref,
        "kind": incident.kind.value,
        "title": "",
        "status": incident.status.value,
        "severity": incident.severity.value,
        "private": incident.private,
        "roles": {},
        "timestamps": {moment.value: utc(stamp.at) if stamp else None for moment, stamp in stamps.items()},
        "timestamp_sources": {moment.value: stamp.source if stamp else None for moment, stamp in stamps.items()},
        "components": {name: state.value for name, state in sorted(incident.components.items())},
    }


def _public(exported: Exported) -> Json:
    incident = exported.incident
    story = [row for row in told(exported.history) if row.public]
    timeline = [rows.row(row, sentence(row.event, str)) for row in story]
    common = _common(exported)
    sources = {
        name: source if source is None or source in SOURCES else "other"
        for name, source in common["timestamp_sources"].items()
    }
    return {
        **common,
        "timestamp_sources": sources,
        "title": clean(incident.public_title) or "Incident",
        "roles": {role.value: None for role in sorted(incident.roles)},
        "alerts": [],
        "timeline": [{**row, "by": "", "source": {"kind": "", "ref": "", "link": ""}} for row in timeline],
        "files": [],
        "rooms": [],
        "pages": [],
        "public_posts": rows.posts(exported.history),
        "tasks": [],
        "followups": [],
        "postmortem": {"through": None, "owner": "", "place": ""},
    }


def _brief(shown: Json, people: Mapping[str, Person], components: Mapping[str, str]) -> str:
    names = who(people)
    lines = [f"- {shown['kind']}, {shown['severity']}, {shown['status']}{', private' if shown['private'] else ''}"]
    lines += [f"- {role}: {escape(names(person))}" for role, person in shown["roles"].items() if person]
    lines += [
        f"- {name.replace('_', ' ')}: {_utc(at, '%d %b %Y %H:%M')} UTC ({escape(shown['timestamp_sources'][name])})"
        for name, at in shown["timestamps"].items()
        if at
    ]
    lines += [
        f"- {escape(components.get(name, name))}: {state.replace('_', ' ')}"
        for name, state in shown["components"].items()
    ]
    if shown["alerts"]:
        firing = sum(alert["status"] == "firing" for alert in shown["alerts"])
        lines.append(f"- alerts: {len(shown['alerts'])}, {firing} firing")
    return "\n".join(lines)


def _utc(at: str, form: str) -> str:
    """A time of the JSON as people read it."""
    return datetime.fromisoformat(at).strftime(form)


def _story(shown: Json, people: Mapping[str, Person]) -> str:
    if not shown["timeline"]:
        return "## Timeline\n\nNothing that may be shown."
    names = who(people)
    lines = (
        (
            _utc(row["at"], "%d %b %H:%M"),
            escape(row["text"]),
            escape(names(row["by"])) if row["by"] else "–",
            cite([row["id"]]) if row["source"]["link"] else row["id"],
        )
        for row in shown["timeline"]
    )
    return "\n\n".join(["## Timeline", *table(("Time (UTC)", "What happened", "By", "Event"), lines)])
