"""An alert as every source yields it, and what the database knows about it. Free of any platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

KEY_BYTES = 1000
"""A key longer than this cannot be looked for: PostgreSQL's indexes hold 2704 bytes a row
(https://www.postgresql.org/docs/current/btree.html)."""

NO_START = datetime(1970, 1, 1, tzinfo=UTC)
"""When an alert started whose sender does not say it."""


SILENCE = "klatsch:heartbeat"
"""The source of our own alerts: that an expected one has stopped coming. No entry under `alerts:` can have this name."""


def bounded_key(text: str) -> str:
    """`text`, or when it is too long for an index its beginning with a digest of all of it."""
    data = text.encode(errors="replace")
    if len(data) <= KEY_BYTES:
        return text
    return f"{data[: KEY_BYTES - 70].decode(errors='ignore')}…{sha256(data).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert in one state. (source, fingerprint) is the alert, `starts_at` tells one firing from the next; NO_START
    where the sender says nothing that could be meant.

    `group` is the sender's own group key: a group that resolves as a whole resolves what was cut off its message too.
    """

    source: str
    fingerprint: str
    firing: bool
    starts_at: datetime
    ends_at: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    group: str = ""

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "") or self.fingerprint

    @property
    def summary(self) -> str:
        return self.annotations.get("summary", "") or self.annotations.get("description", "")


@dataclass(frozen=True, slots=True)
class Notification:
    """One message of a sender: alerts of one group. `truncated` alerts were left out by the sender's own limit.
    `group_resolved`: nothing of this group fires any more, named or not."""

    source: str
    alerts: tuple[Alert, ...]
    group: str = ""
    group_resolved: bool = False
    truncated: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of an alert: its last state, and the incident it belongs to (None: no route wanted it)."""

    source: str
    fingerprint: str
    firing: bool
    starts_at: datetime
    ends_at: datetime | None
    incident: int | None
    group: str = ""
    name: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert to store under its incident. `moved`: it belonged to another incident before and is a new row there."""

    alert: Alert
    incident: int | None
    moved: bool = False
