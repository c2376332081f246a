"""The Web API as it is asked over HTTP: who asks, whether that may be, how often, and what goes wrong on order."""

from __future__ import annotations

import asyncio
import copy
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.contract.servers.http import Answer, Trouble
from tests.contract.servers.slack import chat, conversations, marks, reading, uploads, views
from tests.contract.servers.slack.api import Asked, missing
from tests.contract.servers.slack.arguments import sent, understood
from tests.contract.servers.slack.limits import Limits
from tests.contract.servers.slack.model import Call
from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.table import METHODS, Method
from tests.contract.servers.slack.trouble import Troubles, limited, suffer

if TYPE_CHECKING:
    from tests.contract.servers.slack.server import SlackServer

_DO = {**reading.METHODS, **conversations.METHODS, **chat.METHODS, **marks.METHODS, **uploads.METHODS}
LOGIN = "<!DOCTYPE html><title>Sign in to Slack</title>"


class WebApi:
    """`refused`: how many calls were answered 429."""

    def __init__(self, slack: SlackServer, limits: Limits | None) -> None:
        self.troubles = Troubles()
        self.revoked = False
        self.refused = 0
        self.over = asyncio.Event()
        self._slack = slack
        self._limits = limits

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        call = Call(name, {}, time.monotonic())
        self._slack.calls.append(call)
        trouble = self.troubles.take(name)
        if isinstance(trouble, Answer):
            call.error = "ordered" if trouble.status == 200 else f"HTTP {trouble.status}"
            self.refused += trouble.status == 429
            return web.Response(status=trouble.status, body=trouble.body, headers=trouble.headers)
        if trouble not in (None, Trouble.DROP_AFTER_DOING):
            call.error = trouble.name
            return await suffer(request, trouble, self.over)
        answer = await self._answer(request, name, call)
        return await suffer(request, trouble, self.over) if trouble else answer

    async def _answer(self, request: web.Request, name: str, call: Call) -> web.Response:
        try:
            method = METHODS.get(name)
            if method is None:
                raise Refused("unknown_method")
            given, token = await sent(request, method)
            call.args.update(given)
            self._check(method, token)
            if self._limits and (seconds := self._limits.ask(name, method.tier, self._where(given))):
                return self._limited(call, seconds)
            call.args = understood(name, method, given)
            said = self._do(name, method, copy.deepcopy(call.args))
            return self._said({"ok": True, **copy.deepcopy(said)})
        except Refused as error:
            call.error = error.code
            return self._said({"ok": False, "error": error.code, **error.more})

    def _where(self, given: dict[str, Any]) -> str:
        """The id of the channel, so that its name has no limit of its own."""
        try:
            return self._slack.channel(str(given.get("channel", ""))).id
        except KeyError:
            return ""

    def _said(self, body: dict[str, Any]) -> web.Response:
        return web.json_response(body, headers={"X-OAuth-Scopes": ",".join(sorted(self._slack.scopes))})

    def _limited(self, call: Call, seconds: int) -> web.Response:
        self.refused += 1
        call.error = "ratelimited"
        answer = limited(seconds)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    def _check(self, method: Method, token: str) -> None:
        slack = self._slack
        if not token:
            raise Refused("not_authed")
        if token not in (slack.bot_token, slack.app_token):
            raise Refused("invalid_auth")
        if self.revoked:
            raise Refused("token_revoked")
        if (token == slack.app_token) != method.app_token:
            raise Refused("not_allowed_token_type")
        if method.scopes and not slack.scopes & set(method.scopes):
            raise missing(slack.scopes, method.scopes)

    def _do(self, name: str, method: Method, args: dict[str, Any]) -> dict[str, Any]:
        if name == "apps.connections.open":
            return {"url": self._slack.socket_url()}
        asked = Asked(self._slack, method, self._slack.scopes)
        if name in views.METHODS:
            return views.METHODS[name](asked, self._slack.views, args)
        return _DO[name](asked, args)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        return await uploads.take(self._slack, self.troubles, request)

    async def download(self, request: web.Request) -> web.Response:
        """Without the token a page on which to sign in, and 200, as Slack does."""
        slack = self._slack
        found = slack.files.get(request.match_info["id"])
        allowed = request.headers.get("Authorization") == f"Bearer {slack.bot_token}" and not self.revoked
        if found is None or found.deleted:
            return web.Response(status=404)
        if not allowed or "files:read" not in slack.scopes:
            return web.Response(text=LOGIN, content_type="text/html")
        return web.Response(body=found.content, content_type=found.mimetype)
