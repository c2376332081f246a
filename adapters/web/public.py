"""The public status page over HTTP: HTML without scripts, Statuspage's JSON, feeds. It knows only `PublicPages`.

Customers come all at once, in the worst hour. So requests for the same thing share one look at the database and one
rendering, done in a thread, no more than `READERS` at a time: the page may get slow, but it does not slow down the bot.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.status.builtin import Config
from adapters.web import feeds
from adapters.web.answers import UNCHANGING, answer
from adapters.web.pages import TEMPLATES, Pages
from bot.chat.document import clean
from bot.ports import Clock
from bot.shared import Shared
from bot.status import api
from bot.status import page as rules
from bot.status.model import PublicIncident, PublicPages
from bot.status.page import Snapshot
from bot.store import StoreUnavailable

READERS = 2
OPEN_SHOWN = 50
RECENT_SHOWN = 50
HISTORY_SHOWN = 50
FRONT_PAGE = timedelta(days=90)
REF_LIMIT = 32
ADDRESS = re.compile(r"(?<!\w)https?://[^\s<>\"]+")
HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
ANYBODY = {"Access-Control-Allow-Origin": "*"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a visitor gets; `said` is the time of the newest post in it."""

    body: bytes
    media: str
    said: datetime
    readable_by: Mapping[str, str] = field(default_factory=dict)


def public_app(page: str, config: Config, pages: PublicPages, clock: Clock) -> Starlette:
    """The application that shows the page `page` (its block's name under `status:`) from `pages`."""
    site = _Site(page, config, pages, clock)
    visit = _Visits(site)
    documents = {f"/api/v2/{name}.json": partial(site.document, make) for name, make in api.DOCUMENTS.items()}
    # The second names are Statuspage's, so that a moved page keeps its subscribers.
    for path in ("/feed.atom", "/history.atom"):
        documents[path] = partial(site.feed, feeds.atom, "atom")
    for path in ("/feed.rss", "/history.rss"):
        documents[path] = partial(site.feed, feeds.rss, "rss")
    routes = [
        Route("/", partial(visit.fixed, site.front)),
        Route("/incidents/{ref}", visit.incident),
        Route("/history", visit.history),
        *(Route(path, partial(visit.fixed, make)) for path, make in documents.items()),
        Route("/style.css", visit.style),
        Route("/icon-{tone}.svg", visit.icon),
    ]
    errors = {HTTPException: visit.refused, StoreUnavailable: visit.unavailable}
    app = Starlette(routes=routes, exception_handlers=errors)
    # A redirect would repeat the Host header, which anybody can set.
    app.router.redirect_slashes = False
    return app


class _Visits:
    """The way of a request to what it asks for, and of that back."""

    def __init__(self, site: _Site) -> None:
        self._site = site
        self._shared: Shared[Shown | None] = Shared()
        self._readers = asyncio.Semaphore(READERS)

    async def fixed(self, make: Callable[[], Shown], request: Request) -> Response:
        return await self._serve(request, request.url.path, make)

    async def incident(self, request: Request) -> Response:
        ref = request.path_params["ref"]
        return await self._serve(request, f"/incidents/{ref}", partial(self._site.incident, ref))

    async def history(self, request: Request) -> Response:
        before = request.query_params.get("before", "")
        return await self._serve(request, f"/history?{before}", partial(self._site.history, before))

    async def style(self, request: Request) -> Response:
        return answer(request, self._site.style, "text/css; charset=utf-8", keep=UNCHANGING)

    async def icon(self, request: Request) -> Response:
        tone = request.path_params["tone"]
        if tone not in rules.TONES.values():
            raise HTTPException(404)
        return answer(request, self._site.render("icon.svg.j2", tone=tone), "image/svg+xml", keep=UNCHANGING)

    async def refused(self, request: Request, error: Exception) -> Response:
        """There is nothing there, or a method that does more than read."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        more = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        known = ", ".join(f"/api/v2/{name}.json" for name in api.DOCUMENTS)
        said = f"There is nothing here. There are: {known}" if status == 404 else "This can only be read (GET)."
        return self._sorry(request, status, said, more)

    async def unavailable(self, request: Request, _error: Exception) -> Response:
        """The page's tables do not answer. What exactly is wrong is nobody's business out here."""
        said = "The status cannot be read just now. Try again in a minute."
        return self._sorry(request, 503, said, {"Retry-After": "30"})

    def _sorry(self, request: Request, status: int, said: str, more: Mapping[str, str]) -> Response:
        if request.url.path.startswith("/api/"):
            body = json.dumps({"error": said}).encode()
            return answer(request, body, JSON, status=status, keep="no-store", more={**more, **ANYBODY})
        body = self._site.render("missing.html.j2", status=status)
        return answer(request, body, HTML, status=status, keep="no-store", more=more)

    async def _serve(self, request: Request, key: str, make: Callable[[], Shown | None]) -> Response:
        async def work() -> Shown | None:
            async with self._readers:
                return await run_in_threadpool(make)

        shown = await self._shared.get(key, work)
        if shown is None:
            raise HTTPException(404)
        return answer(request, shown.body, shown.media, said=shown.said, more=shown.readable_by)


class _Site:
    """What there is to see. Each method looks into the tables and renders, so it blocks: call it in a thread."""

    def __init__(self, page: str, config: Config, pages: PublicPages, clock: Clock) -> None:
        self._page = page
        self._config = config
        self._pages = pages
        self._clock = clock
        self._known_began: datetime | None = None
        self._zone = ZoneInfo(config.zone)
        self.style = (TEMPLATES / "style.css").read_bytes()
        self._html = Pages(
            filters={"iso": api.iso, "local": self._local, "tone": rules.TONES.__getitem__, "pieces": pieces},
            facts={
                "title": config.title,
                "base": urlsplit(config.address).path,
                "style_version": hashlib.sha256(self.style).hexdigest()[:12],
                "states": rules.WORDS,
                "impacts": rules.IMPACT_WORDS,
                "lasted": rules.lasted,
                "zone": "UTC" if config.zone == "Etc/UTC" else config.zone,
            },
        )

    def front(self) -> Shown:
        snapshot = self._snapshot()
        whole = rules.overall(snapshot.rows, snapshot.open)
        since = self._clock.now() - FRONT_PAGE
        past = [i for i in snapshot.recent if i.resolved_at is not None and i.created_at >= since]
        body = self.render(
            "status.html.j2",
            snapshot=snapshot,
            whole=whole,
            headline=rules.headline(snapshot.rows, whole),
            groups=rules.grouped(snapshot.rows),
            names=self._names(),
            days=rules.by_day(past, self._zone),
            days_shown=FRONT_PAGE.days,
        )
        return Shown(body, HTML, snapshot.updated_at)

    def incident(self, ref: str) -> Shown | None:
        incident = self._find(ref)
        if incident is None:
            return None
        body = self.render("incident.html.j2", incident=incident, names=self._names())
        return Shown(body, HTML, incident.updated_at)

    def history(self, ref: str) -> Shown | None:
        """The newest incidents, or those before `ref`; None when there is no such incident."""
        before = self._find(ref) if ref else None
        if ref and before is None:
            return None
        found = self._pages.incidents(self._page, limit=HISTORY_SHOWN + 1, before=before)
        shown = [tidy(incident) for incident in found[:HISTORY_SHOWN]]
        body = self.render(
            "history.html.j2",
            months=rules.by_month(shown, self._zone),
            before=before,
            older=shown[-1].ref if len(found) > HISTORY_SHOWN else "",
        )
        return Shown(body, HTML, max((incident.updated_at for incident in shown), default=self._began()))

    def document(self, make: Callable[[Snapshot], api.Json]) -> Shown:
        snapshot = self._snapshot()
        body = json.dumps(make(snapshot), ensure_ascii=False, separators=(",", ":")).encode()
        return Shown(body, JSON, snapshot.updated_at, ANYBODY)

    def feed(self, write: Callable[[Snapshot], str], kind: str) -> Shown:
        snapshot = self._snapshot()
        return Shown(write(snapshot).encode(), f"application/{kind}+xml; charset=utf-8", snapshot.updated_at, ANYBODY)

    def render(self, template: str, **values: object) -> bytes:
        return self._html.render(template, values)

    def _snapshot(self) -> Snapshot:
        unresolved = self._pages.incidents(self._page, limit=OPEN_SHOWN, unresolved_only=True)
        recent = self._pages.incidents(self._page, limit=RECENT_SHOWN)
        return Snapshot(
            id=self._page,
            title=self._config.title,
            url=self._config.address,
            zone=self._config.zone,
            began=self._began(),
            rows=rules.rows(self._config.catalogue, self._pages.states(self._page)),
            open=tuple(tidy(incident) for incident in unresolved),
            recent=tuple(tidy(incident) for incident in recent),
        )

    def _began(self) -> datetime:
        """Remembered by the page's tables, so that a restart moves no time that customers' programs read."""
        if self._known_began is None:
            self._known_began = self._pages.began(self._page, self._clock.now())
        return self._known_began

    def _find(self, ref: str) -> PublicIncident | None:
        if not ref or len(ref) > REF_LIMIT or not ref.isascii() or not ref.isprintable():
            return None
        found = self._pages.incident(self._page, ref)
        return tidy(found) if found else None

    def _names(self) -> dict[str, str]:
        return {component.id: rules.full_name(component) for component in self._config.catalogue}

    def _local(self, at: datetime, form: str) -> str:
        """`at` on the page's clock; `form` as strftime takes it."""
        return f"{at.astimezone(self._zone):{form}}"


def pieces(text: str) -> list[tuple[str, bool]]:
    """`text` in pieces, and of each whether it is a link: only what begins with http:// or https:// is. A bare name may
    be one of ours that slipped through, and nobody asked for a link to it."""
    found: list[tuple[str, bool]] = []
    end = 0
    for match in ADDRESS.finditer(text):
        found += [(text[end : match.start()], False), (match[0], True)]
        end = match.end()
    return [*found, (text[end:], False)]


def tidy(incident: PublicIncident) -> PublicIncident:
    """The same without control characters, whoever wrote it into the tables."""
    updates = tuple(replace(update, text=clean(update.text)) for update in incident.updates)
    return replace(incident, title=clean(incident.title), updates=updates)
