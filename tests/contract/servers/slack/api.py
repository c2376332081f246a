"""What methods of the Web API share: who may see and use which channel, and pages of answers."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.contract.servers.slack.model import BOT_USER, Channel
from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.table import CHANNEL_SCOPES, Method
from tests.contract.servers.slack.workspace import Workspace

T = TypeVar("T")
Args = dict[str, Any]
TS = re.compile(r"\d{9,11}\.\d{6}")


@dataclass
class Asked:
    """One call: by what the bot may, for what."""

    workspace: Workspace
    method: Method
    scopes: frozenset[str]

    def need(self, *any_of: str) -> None:
        if any_of and not self.scopes & set(any_of):
            raise missing(self.scopes, any_of)

    def channel(self, id: str, *, member: bool = False, active: bool = False) -> Channel:
        """The channel with an id that the bot sees. `member`: it must be in it; `active`: it must not be archived.
        Raises Refused."""
        found = self.workspace.channels.get(id)
        if found is None or (found.is_private and BOT_USER not in found.members and BOT_USER not in found.ejected):
            raise Refused("channel_not_found")
        if self.method.family:
            self.need(*CHANNEL_SCOPES[self.method.family][found.kind])
        if active and found.archived:
            raise Refused("is_archived")
        if member and BOT_USER not in found.members:
            raise Refused("not_in_channel")
        return found

    def room(self, id: str, **more: bool) -> Channel:
        """The same where direct conversations will not do."""
        found = self.channel(id, **more)
        if found.kind in ("im", "mpim"):
            raise Refused("method_not_supported_for_channel_type")
        return found


def missing(granted: frozenset[str], any_of: Sequence[str]) -> Refused:
    return Refused("missing_scope", needed=",".join(any_of), provided=",".join(sorted(granted)))


def timestamp(value: str, code: str = "bad_timestamp") -> str:
    if not TS.fullmatch(value):
        raise Refused(code)
    return value


def page(found: Sequence[T], args: Args, *, usual: int = 100, most: int = 1000) -> tuple[list[T], dict[str, Any]]:
    """A page of them, and what is said of the next. Raises Refused."""
    limit = args.get("limit", usual)
    if not 0 < limit <= most:
        raise Refused("invalid_limit")
    start = 0
    if cursor := args.get("cursor"):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except ValueError:
            raise Refused("invalid_cursor") from None
    end = start + limit
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(found) else ""
    return list(found[start:end]), {"response_metadata": {"next_cursor": following}}
