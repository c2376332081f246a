"""The rows of an export: JSON values only, times in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.incident import events as e
from bot.incident.model import PublicPost
from bot.lookups import StoredAlert
from bot.postmortem.words import clean

Json = dict[str, Any]


def utc(at: datetime | None) -> str | None:
    """ISO 8601 in UTC, with `Z`; None stays None."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def row(recorded: e.Recorded, text: str) -> Json:
    return {
        "id": recorded.id,
        "at": utc(recorded.event.at),
        "recorded_at": utc(recorded.recorded_at),
        "kind": recorded.kind,
        "by": recorded.by,
        "source": {"kind": recorded.source.kind, "ref": recorded.source.ref, "link": recorded.source.link},
        "text": clean(text),
        "public": recorded.public,
    }


def alert(stored: StoredAlert) -> Json:
    return {
        "fingerprint": stored.fingerprint,
        "labels": {clean(name): clean(value) for name, value in stored.labels.items()},
        "annotations": {clean(name): clean(value) for name, value in stored.annotations.items()},
        "status": "firing" if stored.firing else "resolved",
        "starts_at": utc(stored.starts_at),
        "ends_at": utc(stored.ends_at),
    }


def pages(history: Sequence[e.Recorded]) -> list[Json]:
    """One row for each time a rung was asked, with what came of it until the next one was."""
    asked: list[Json] = []
    for recorded in history:
        event = recorded.event
        outcome: Json = {"id": recorded.id, "at": utc(event.at), "person": "", "way": "", "result": "", "reason": ""}
        match event:
            case e.PeoplePaged():
                asked.append(
                    {
                        "id": recorded.id,
                        "at": utc(event.at),
                        "policy": event.ladder,
                        "step": event.step,
                        "round": event.round,
                        "people": list(event.people),
                        "reason": clean(event.reason),
                        "outcomes": [],
                    }
                )
                continue
            case e.PageSent():
                outcome |= {"person": event.person, "way": event.way, "result": "sent"}
            case e.PageFailed():
                outcome |= {
                    "person": event.person,
                    "way": event.way,
                    "result": "failed",
                    "reason": clean(event.reason),
                }
            case e.PageAcknowledged():
                outcome |= {"person": event.person, "way": event.via, "result": "acknowledged"}
            case e.PagingEnded():
                outcome |= {"result": "exhausted" if event.exhausted else "stopped", "reason": clean(event.reason)}
            case _:
                continue
        if asked:
            asked[-1]["outcomes"].append(outcome)
    return asked


def posts(history: Sequence[e.Recorded]) -> list[Json]:
    links: dict[int, list[str]] = {}
    for recorded in history:
        if isinstance(recorded.event, e.PostReachedPage) and recorded.event.link:
            links.setdefault(recorded.event.number, []).append(recorded.event.link)
    return [
        post(r.event.number, r.id, r.event.shown_at, r.event.post, links.get(r.event.number, []))
        for r in history
        if isinstance(r.event, e.PublicPostPublished)
    ]


def post(number: int, ref: str, at: datetime, said: PublicPost, links: Sequence[str]) -> Json:
    return {
        "number": number,
        "id": ref,
        "at": utc(at),
        "status": said.status.value,
        "title": clean(said.title),
        "text": clean(said.text),
        "components": {name: state.value for name, state in sorted(said.components.items())},
        "links": list(links),
    }
