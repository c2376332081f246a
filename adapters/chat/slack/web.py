"""Slack's Web API: one call, and its answer as a value, or Unavailable, or Rejected.

The SDK's own retries are off: by default it repeats a request whose connection broke, and a message is there twice then
(https://github.com/slackapi/python-slack-sdk/blob/main/slack_sdk/http_retry/builtin_async_handlers.py). Retries are the outbox's. What
Slack limits is not asked sooner than it may be. No token is ever in an error.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.chat.slack.answers import AWAY, LIMITED, LOCKED_OUT, Bounded, Json, asked_to_wait, details, text
from adapters.chat.slack.config import Config
from adapters.chat.slack.pace import Pace
from adapters.excerpt import excerpt
from bot.ports import DeliveryError, Rejected, Unavailable

log = logging.getLogger(__name__)

SECONDS = 10.0
"""For a whole call; Slack answers most within a second."""

SOON = 1.5
"""Seconds that a call waits for its turn by itself. Whoever has to wait longer is told so, and something else is done meanwhile."""

UNSAID = timedelta(seconds=30)
"""How long is waited when Slack limits and does not say for how long."""

AS_JSON = frozenset(
    {
        "chat.postMessage",
        "chat.postEphemeral",
        "chat.update",
        "chat.unfurl",
        "views.open",
        "views.publish",
        "views.update",
    }
)
"""What is sent as JSON. Everything else is sent as a form, in the body: in the query, where the SDK's methods put it, topics
and names would stand in the log of each proxy."""


@dataclass(frozen=True, slots=True)
class Who:
    """Our user and bot in a workspace. `url` is the workspace's, `scopes` what we may do; empty: Slack did not say."""

    user: str
    bot: str
    team: str
    url: str
    scopes: frozenset[str]


class Refusal(Exception):
    """What Slack answered: `code` is its error, empty where it had none."""

    def __init__(self, status: int, code: str, answer: Json) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.answer = answer


class LockedOut(Unavailable):
    """Our token is not valid any more. Nothing fails by it: what waits goes out when there is a new one; but a person must look."""


def code_of(error: BaseException) -> str:
    """Slack's error behind ours; empty where there was none."""
    return error.__cause__.code if isinstance(error.__cause__, Refusal) else ""


def answer_of(error: BaseException) -> Json:
    """Slack's answer behind our error; empty where there was none."""
    return error.__cause__.answer if isinstance(error.__cause__, Refusal) else {}


class Web:
    """All calls of one installation. `name` is the block's."""

    def __init__(self, name: str, config: Config) -> None:
        self._name = name
        self._config = config
        self._pace = Pace()
        self._session: aiohttp.ClientSession | None = None
        quiet = logging.getLogger(f"{__name__}.client")
        # It logs what it is asked to say, and to whom: also to those who are not to be known.
        quiet.setLevel(logging.WARNING)
        self._client = AsyncWebClient(
            logger=quiet, token=config.bot_token.get_secret_value(), base_url=config.api_url, retry_handlers=[]
        )
        self._told = ""

    async def call(self, method: str, **arguments: Any) -> Json:
        """What `method` answers to `arguments`; those that are None are left out.

        Raises Unavailable (limited, away, no answer, LockedOut) or Rejected; see `code_of`.
        """
        return _body(await self._ask_in_turn(method, arguments))

    async def who(self) -> Who:
        """Whose token it is. Raises as `call`."""
        answer = await self._ask_in_turn("auth.test", {})
        said, scopes = _body(answer), str(answer.headers.get("x-oauth-scopes") or "")
        who = Who(
            user=text(said, "user_id"),
            bot=text(said, "bot_id"),
            team=text(said, "team_id"),
            url=text(said, "url"),
            scopes=frozenset(filter(None, (scope.strip() for scope in scopes.split(",")))),
        )
        if not (who.user and who.team):
            raise self.without("auth.test", "a user and a team")
        return who

    def without(self, method: str, what: str) -> Unavailable:
        """An answer that Slack does not give: it came from something else, or half of it is missing."""
        return Unavailable(f"{self._name}: {method} answered without {what}")

    async def _ask_in_turn(self, method: str, arguments: Mapping[str, Any], token: str = "") -> AsyncSlackResponse:
        channel = str(arguments.get("channel", "")) if method == "chat.postMessage" else ""
        await self._turn(method, channel)
        try:
            return await self._ask(method, arguments, token)
        except Unavailable as error:
            if code_of(error) in LIMITED:
                wait = UNSAID if error.retry_after is None else error.retry_after
                self._pace.refused(method, channel, wait.total_seconds(), time.monotonic())
            raise

    def check(self, method: str) -> None:
        """Raises Unavailable when it may not be called now: for those who rather wait in the outbox, which knows what is more urgent."""
        if wait := self._pace.wait(method, "", time.monotonic()):
            raise self._no_more(method, wait)

    async def _turn(self, method: str, channel: str) -> None:
        end = time.monotonic() + SOON
        # Others wait too, and one of them may be faster.
        while wait := self._pace.wait(method, channel, time.monotonic()):
            if time.monotonic() + wait > end:
                raise self._no_more(method, wait)
            await asyncio.sleep(wait)
        self._pace.asks(method, channel, time.monotonic())

    def _no_more(self, method: str, wait: float) -> Unavailable:
        return Unavailable(f"{self._name}: Slack takes no more {method} for now", timedelta(seconds=wait))

    async def _ask(self, method: str, arguments: Mapping[str, Any], token: str) -> AsyncSlackResponse:
        client = self._opened()
        given = {name: value for name, value in arguments.items() if value is not None}
        body = {"json": given} if method in AS_JSON else {"data": {name: flat(value) for name, value in given.items()}}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with asyncio.timeout(SECONDS):
                answer = await client.api_call(method, headers=headers, **body)
        # `from None`: the original errors hold the request, and tracebacks are logged.
        except TimeoutError:
            raise Unavailable(f"{self._name}: no answer within {SECONDS:g} s") from None
        except SlackApiError as error:
            refused = self._refusal(method, error.response)
            raise refused from refused.__cause__
        except (aiohttp.ClientError, SlackClientError, OSError, ValueError) as error:
            raise self._cut_off(error) from None
        except (AttributeError, RecursionError):
            # The SDK takes for granted that JSON is an object.
            raise self.without(method, "an object") from None
        if not isinstance(answer.data, dict):
            raise self.without(method, "an object")
        self._told = ""
        return answer

    def _cut_off(self, error: Exception) -> Unavailable:
        return Unavailable(f"{self._name}: cannot connect ({excerpt(str(error), self._config.secrets)})")

    def _opened(self) -> AsyncWebClient:
        """With connections that are kept: the SDK makes a new one for each call otherwise."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(trust_env=True, response_class=Bounded)
            self._client.session = self._session
        return self._client

    async def connection(self) -> str:
        """An address for Socket Mode, good for one connection (https://docs.slack.dev/reference/methods/apps.connections.open).
        Raises as `call`."""
        token = self._config.app_token.get_secret_value()
        url = text(_body(await self._ask_in_turn("apps.connections.open", {}, token)), "url")
        if not url:
            raise self.without("apps.connections.open", "an address")
        return url

    async def download(self, address: str, most: int) -> bytes | None:
        """What lies there, with our token; None: it has more than `most` bytes. Raises Unavailable or Rejected."""
        bearer = {"Authorization": f"Bearer {self._config.bot_token.get_secret_value()}"}
        async with self._reached("GET", address, SECONDS * 6, headers=bearer) as answer:
            if answer.status == 200 and answer.content_type == "text/html":
                # That is the page where people log in.
                raise Rejected("the app may not read it (scope files:read)")
            if answer.status != 200:
                raise Rejected("it is not in Slack any more")
            held = bytearray()
            async for part in answer.content.iter_any():
                held += part
                if len(held) > most:
                    return None
            return bytes(held)

    async def respond(self, address: str, body: Json) -> None:
        """Answer somebody at the address that Slack gave for it (`response_url`). Raises Unavailable or Rejected."""
        async with self._reached("POST", address, SECONDS, json=body) as answer:
            if answer.status != 200:
                raise Rejected(f"{self._name}: an answer was not taken ({answer.status})")

    async def upload(self, address: str, content: bytes) -> None:
        """Put a file where Slack wants it. Raises Unavailable or Rejected."""
        async with self._reached("POST", address, SECONDS * 3, data=content) as answer:
            if answer.status != 200:
                raise Rejected(f"{self._name}: a file was not taken ({answer.status})")

    @asynccontextmanager
    async def _reached(
        self, verb: str, address: str, seconds: float, **more: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """What is at an address that is no method's; all of it within so many seconds. Raises Unavailable."""
        self._opened()
        assert self._session is not None
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.request(verb, address, allow_redirects=False, **more) as answer,
            ):
                if answer.status == 429 or answer.status >= 500:
                    raise Unavailable(f"{self._name}: answered {answer.status}", asked_to_wait(answer.headers))
                yield answer
        except TimeoutError:
            raise Unavailable(f"{self._name}: no answer within {seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._cut_off(error) from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _refusal(self, method: str, response: Any) -> DeliveryError:
        status = int(getattr(response, "status_code", None) or getattr(response, "status", 0) or 0)
        data = getattr(response, "data", None)
        body: Json = data if isinstance(data, dict) else {}
        code = excerpt(text(body, "error"), self._config.secrets)[:60]
        refusal = Refusal(status, code or ("ratelimited" if status == 429 else ""), body)
        if code in LOCKED_OUT:
            return _caused(self._locked_out(method, code), refusal)
        shown = code or (str(status) if body else f"{status} and no JSON")
        reason = " ".join(filter(None, (f"{self._name}: {method} answered", shown, details(body))))
        limited = status == 429 or code in LIMITED
        # Who answers without a code is not Slack, mostly a proxy in front of it.
        if limited or status >= 500 or not code or code in AWAY:
            return _caused(
                Unavailable(reason, asked_to_wait(getattr(response, "headers", {})) if limited else None), refusal
            )
        return _caused(Rejected(reason), refusal)

    def _locked_out(self, method: str, code: str) -> LockedOut:
        which = "app_token" if method == "apps.connections.open" else "bot_token"
        reason = (
            f"{self._name}: Slack refuses the {which} ({code}). Install the app again, put its token into "
            f"chat.{self._name}.{which}, and restart."
        )
        if reason != self._told:
            log.error("%s", reason)
            self._told = reason
        return LockedOut(reason)


def _body(answer: AsyncSlackResponse) -> Json:
    return answer.data if isinstance(answer.data, dict) else {}


def flat(value: Any) -> str:
    """A value as it stands in a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _caused(error: DeliveryError, refusal: Refusal) -> DeliveryError:
    error.__cause__ = refusal
    return error
