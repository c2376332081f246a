"""What people answer at PagerDuty comes back by webhooks of version 3 (https://developer.pagerduty.com/docs/webhooks-overview):
whoever acknowledges there has it here, and whoever resolves there resolves here."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.excerpt import excerpt
from adapters.paging.services import incident_of
from bot.answering import PageAnswers
from bot.mounted import Message
from bot.ports import Overloaded
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

ANSWERED_WITHIN = 4.0
"""Seconds. PagerDuty gives up after five and comes again; three that it gave up for good, or that were refused, and it stops for
a day (https://developer.pagerduty.com/docs/webhooks-behavior)."""

SIGNATURES = 20
"""More than these are not looked at: PagerDuty sends one for each secret that is in use."""

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody answered for incident `number`. `user` is their id at PagerDuty, `email` empty where it is not told, `event` the
    answer's own id."""

    number: int
    resolved: bool
    user: str
    email: str
    name: str
    event: str


def signed(body: bytes, headers: Iterable[str], secrets: Collection[str]) -> bool:
    """Whether one of the signatures in `X-PagerDuty-Signature` was made with one of our secrets
    (https://developer.pagerduty.com/docs/verifying-webhook-signatures). How long it takes tells nothing of them."""
    shown = [part.strip().encode() for header in headers for part in header.split(",")][:SIGNATURES]
    wanted = [b"v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode() for secret in secrets]
    equal = [hmac.compare_digest(one, other) for one in shown for other in wanted]
    return any(equal)


def answer_in(body: bytes, address: str) -> Answer | str:
    """What a webhook says that came to `address`, or in words why it is none of our business."""
    try:
        event = _within(json.loads(body), "event")
    except (ValueError, RecursionError):
        event = {}
    kind, agent, data = event.get("event_type"), _within(event, "agent"), _within(event, "data")
    if kind not in ("incident.acknowledged", "incident.resolved"):
        return f"{_text(kind) or 'what is no event'} asks for nothing"
    if _text(agent.get("type")) not in ("user", "user_reference"):
        # A monitoring system, a rule at PagerDuty, or we ourselves.
        return f"{kind} was done by no person"
    if _text(_within(data, "resolve_reason").get("type")).startswith("merge"):
        return f"{kind} is only that PagerDuty merged it into another incident"
    key = _text(data.get("incident_key"))
    number = incident_of(key, address)
    if number is None:
        return f"{kind} is about `{key}`, which is no key of ours"
    user, id = _text(agent.get("id")), event.get("id")
    return Answer(
        number=number,
        resolved=kind == "incident.resolved",
        user=user,
        email=_text(agent.get("email")),
        name=_text(agent.get("summary")) or user or "somebody",
        event=id if isinstance(id, str) and _ID.fullmatch(id) else hashlib.sha256(body).hexdigest(),
    )


class Webhooks:
    """The app that answers them. What cannot be stored now is answered 503 and comes again; whatever PagerDuty signed and we have
    no use for is answered 200, for of what is refused it draws conclusions."""

    def __init__(self, name: str, secrets: Collection[str], answers: PageAnswers, address: str) -> None:
        self._name = name
        self._secrets = secrets
        self._answers = answers
        self._address = address

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        response = await self._response(Request(scope, receive))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        body = await request.body()
        if not signed(body, request.headers.getlist("x-pagerduty-signature"), self._secrets):
            log.warning(
                "%s: a webhook was refused: its signature is missing or wrong (check paging.%s.webhook_secret)",
                self._name,
                self._name,
            )
            return JSONResponse({"error": "The signature is missing or wrong."}, 403)
        answer = answer_in(body, self._address)
        if isinstance(answer, str):
            log.info("%s: a webhook was left alone: %s", self._name, answer)
            return JSONResponse({"status": "ignored"})
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                said = await self._take(answer)
        except (Overloaded, StoreUnavailable, TimeoutError) as error:
            # What was too late may still be stored. Sent again, it is known by the event's id.
            why = str(error) or f"not stored within {ANSWERED_WITHIN:.0f} s"
            log.warning("%s: an answer for INC-%d was turned away: %s", self._name, answer.number, why)
            return JSONResponse({"error": "Not stored; send it again."}, 503, {"Retry-After": "5"})
        log.info("%s: %s answered for INC-%d: %s", self._name, answer.name, answer.number, said)
        return JSONResponse({"status": said})

    async def _take(self, answer: Answer) -> str:
        known = self._answers.person("pagerduty", answer.user) or self._answers.person("email", answer.email)
        person = known or f"{self._name}:{answer.name}"
        take = self._answers.resolve if answer.resolved else self._answers.acknowledge
        return await take(answer.number, person, via=self._name, event=answer.event)


def _within(value: object, key: str) -> dict[str, Any]:
    """The object under `key` in another one; an empty one where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    """At most 100 characters on one line; empty for what is no text."""
    return excerpt(value, limit=100) if isinstance(value, str) else ""
