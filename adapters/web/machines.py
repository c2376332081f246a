"""What other machines and one tired thumb talk to: alerts in, acknowledge links, what chat platforms and the providers of pages
post, health, metrics."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from adapters.web.acknowledge import AckPages
from adapters.web.bodies import parts
from adapters.web.calendars import Calendars
from adapters.web.coffee import CoffeeCalendar
from adapters.web.digests import DigestPages
from adapters.web.metrics import Metrics
from adapters.web.mounted import Bounded
from adapters.web.problems import Problems
from bot.alerts.model import Notification
from bot.alerts.source import AlertSource
from bot.ports import Inbox, Overloaded
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

BODY_LIMIT = 16 * 1024 * 1024
"""Alertmanager sends a whole group in one message unless told otherwise; 10,000 alerts are about 7 MB."""

PARSED_APART = 128 * 1024
"""Bodies above this are parsed in a thread, so that nobody waits for them."""

RETRY_AFTER = "5"

STRANGERS_GET = 5.0
"""Seconds to finish sending, for who does not know the token."""

ANSWERED_WITHIN = 9.0
"""Seconds that the database gets. Alertmanager gives up after ten (its `group_interval` may be as short), and who is
told 503 in time comes back."""


@dataclass(frozen=True, slots=True)
class Health:
    """`ready` answers what keeps the bot from its work, a sentence each; nothing: all is well. `troubles` are for people to
    mend: it works all the same, and must not be taken out of service for them."""

    ready: Callable[[], Awaitable[list[str]]]
    troubles: Callable[[], list[str]]


def machines_app(
    sources: Mapping[str, AlertSource],
    inbox: Inbox,
    acknowledge: AckPages,
    metrics: Metrics,
    health: Health,
    calendars: Calendars,
    coffee: CoffeeCalendar,
    digests: DigestPages,
    *,
    mounted: Mapping[str, ASGIApp],
    public: ASGIApp | None = None,
) -> Starlette:
    """The listener of `http.listen`; `mounted` are the chat platforms' and the pagers' own apps by their path, `public` is the status
    page when it shares the address."""
    intake = _Intake(sources, inbox, metrics)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        problems = await health.ready()
        status = "unready" if problems else "ready"
        body = {"status": status, "problems": problems, "troubles": health.troubles()}
        return JSONResponse(body, status_code=503 if problems else 200)

    async def metricz(_: Request) -> Response:
        return Response(await asyncio.to_thread(metrics.render), media_type=metrics.media_type)

    routes = [
        Route("/alerts/{name}", intake.receive, methods=["POST"]),
        Route("/ack/{token}", acknowledge.show, methods=["GET"]),
        Route("/ack/{token}", acknowledge.acknowledge, methods=["POST"]),
        Route("/oncall/{schedule}.ics", calendars.show, methods=["GET"]),
        Route("/coffee.ics", coffee.show, methods=["GET"]),
        Route("/digests/{token}", digests.show, methods=["GET"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metricz),
        *(Route(path, Bounded(app), methods=["POST"]) for path, app in mounted.items()),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: Problems().answer})
    if public is not None:
        # Not mounted at /: it would take what is ours when only the method is wrong, and GET /alerts/x is no page.
        app.router.default = public
    return app


class _Intake:
    def __init__(self, sources: Mapping[str, AlertSource], inbox: Inbox, metrics: Metrics) -> None:
        self._sources = sources
        self._inbox = inbox
        self._metrics = metrics

    async def receive(self, request: Request) -> Response:
        """2xx only after the commit. 4xx is the sender's to mend; 503 says come back, which Alertmanager does on
        5xx only (https://github.com/prometheus/alertmanager/blob/main/notify/util.go, `Retrier`)."""
        name = request.path_params["name"]
        source = self._sources.get(name)
        if source is None:
            raise HTTPException(404, "There is no such entry under `alerts:`.")
        try:
            notification = await self._understood(source, request)
            async with asyncio.timeout(ANSWERED_WITHIN):
                await self._inbox.notified(notification)
        except HTTPException as error:
            self._metrics.request_answered(name, error.status_code)
            raise
        except (Overloaded, StoreUnavailable, TimeoutError) as error:
            # What was too late may still be stored. Sent again, it is a repeat.
            self._metrics.request_answered(name, 503)
            why = str(error) or f"not stored within {ANSWERED_WITHIN:.0f} s"
            log.warning("alerts of %s were turned away: %s", name, why)
            raise HTTPException(
                503, "Not stored; send it again in a moment.", headers={"Retry-After": RETRY_AFTER}
            ) from error
        self._metrics.request_answered(name, 200)
        self._metrics.alerts_received(name, len(notification.alerts))
        return JSONResponse({"status": "ok", "alerts": len(notification.alerts)})

    async def _understood(self, source: AlertSource, request: Request) -> Notification:
        if not source.admits(request.headers):
            await _discarded(request)
            raise _stranger()
        body = await _body(request)
        if not source.verify(request.headers, body):
            raise _stranger()
        try:
            if len(body) > PARSED_APART:
                return await asyncio.to_thread(source.parse, body)
            return source.parse(body)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error


def _stranger() -> HTTPException:
    return HTTPException(401, "The token is missing or wrong.", headers={"WWW-Authenticate": 'Bearer realm="klatsch"'})


async def _body(request: Request) -> bytes:
    """The body, never more than the limit of it in memory."""
    return b"".join([part async for part in _parts(request)])


async def _discarded(request: Request) -> None:
    """Take what a stranger sends without keeping it, for a moment: who is answered in the middle of sending may see
    a broken connection instead of the answer."""
    try:
        async with asyncio.timeout(STRANGERS_GET):
            async for _ in _parts(request):
                pass
    except TimeoutError:
        return


def _parts(request: Request) -> AsyncIterator[bytes]:
    return parts(request, BODY_LIMIT, "set `max_alerts` at the sender")
