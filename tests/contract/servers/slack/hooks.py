"""HTTP mode: signed requests to the app's address, as https://docs.slack.dev/authentication/verifying-requests-from-slack says."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.contract.servers.slack.sockets import GONE, LATE, Outcome


def signed(secret: str, body: bytes, at: int) -> dict[str, str]:
    digest = hmac.new(secret.encode(), b"v0:%d:%b" % (at, body), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"}


def packed(kind: str, payload: dict[str, Any]) -> tuple[bytes, str]:
    """The body, and its type."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(
        {name: _plain(value) for name, value in form.items()}
    ).encode(), "application/x-www-form-urlencoded"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def send(
    session: ClientSession,
    url: str,
    secret: str,
    kind: str,
    payload: dict[str, Any],
    *,
    patience: float,
    attempt: int = 0,
    reason: str = "",
) -> Outcome:
    """Only a 200 within `patience` seconds is an acknowledgement."""
    body, content_type = packed(kind, payload)
    headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
    headers |= signed(secret, body, int(time.time()))
    if attempt:
        headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
    started = time.monotonic()
    try:
        async with session.post(
            url, data=body, headers=headers, timeout=ClientTimeout(total=patience), allow_redirects=False
        ) as answer:
            said = await answer.text()
    except TimeoutError:
        return Outcome(False, time.monotonic() - started, error=LATE)
    except (ClientError, OSError):
        return Outcome(False, time.monotonic() - started, error=GONE)
    found = Outcome(answer.status == 200, time.monotonic() - started, status=answer.status)
    found.error = "" if found.acked else "http_error"
    found.no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
    try:
        found.payload = _said(said, answer.content_type) if found.acked else {}
    except ValueError:
        found.acked, found.error = False, "invalid_response"
    return found


def _said(body: str, content_type: str) -> dict[str, Any]:
    if content_type == "application/json" and body:
        found = json.loads(body)
        return found if isinstance(found, dict) else {"text": str(found)}
    return {"text": body} if body else {}
