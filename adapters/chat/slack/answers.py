"""What Slack's Web API answers, bounded, and read without trusting it. Pure, but for `Bounded`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp

Json = Mapping[str, Any]

LARGEST = 8_000_000
"""Bytes of an answer that are read; 999 channels have about one million."""

LONGEST_WAIT = timedelta(hours=1)

# https://docs.slack.dev/reference/methods/auth.test#errors and the like: each method may answer these.
LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded", "too_many_requests"})
AWAY = frozenset(
    {
        "access_limited",
        "external_channel_migrating",
        "fatal_error",
        "internal_error",
        "org_login_required",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        "unhandled_error",
    }
)
LOCKED_OUT = frozenset(
    {
        "account_inactive",
        "app_uninstalled",
        "invalid_auth",
        "not_authed",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)

_TO_DO = {
    "channel_not_found": "where it is private, invite the bot to it",
    "is_archived": "the channel is archived",
    "not_in_channel": "invite the bot to the channel",
    "restricted_action": "the workspace's settings do not let apps do that",
}
"""What a person does about an error that says it badly."""


class Bounded(aiohttp.ClientResponse):
    """An answer of which no more is held than may be."""

    async def read(self) -> bytes:
        """Raises ClientPayloadError when it is larger than LARGEST."""
        if self._body is None:
            held = bytearray()
            async for part in self.content.iter_any():
                held += part
                if len(held) > LARGEST:
                    self.close()
                    raise aiohttp.ClientPayloadError(f"an answer is larger than {LARGEST / 1e6:g} MB")
            self._body = bytes(held)
        return self._body


def rows(answer: Json, name: str) -> list[Json]:
    """The objects in a list of an answer; what is none is left out."""
    found = answer.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def part(answer: Json, name: str) -> Json:
    """An object in an answer; empty where there is none."""
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def text(answer: Json, name: str) -> str:
    """A text in an answer; empty where there is none."""
    found = answer.get(name)
    return found if isinstance(found, str) else ""


def details(answer: Json) -> str:
    """What a person needs to mend what was refused, in brackets; empty where Slack does not say."""
    code = text(answer, "error")
    if code == "missing_scope":
        return f"(the app needs the scope {text(answer, 'needed')[:200]}: add it and install the app again)"
    messages = part(answer, "response_metadata").get("messages")
    said = "; ".join(map(str, messages))[:300] if isinstance(messages, list) else ""
    found = said or _TO_DO.get(code, "")
    return f"({found})" if found else ""


def asked_to_wait(headers: Mapping[str, str]) -> timedelta | None:
    """How long Slack says to wait, `LONGEST_WAIT` at most; None: it does not say."""
    said = headers.get("Retry-After") or headers.get("retry-after") or ""
    return min(timedelta(seconds=int(said)), LONGEST_WAIT) if said.isdecimal() and len(said) < 9 else None
