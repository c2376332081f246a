"""Prometheus Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).

Unknown fields are ignored, times may have nine digits, a resolved group may have been cut short by `max_alerts`.
There is no signature and no delivery id: the sender shows a bearer token or a user and password.

A time nobody lives in (the year 1 is Go's "not set", 1970 that of others, 9999 "never") tells nothing: such a start is
NO_START, such an end none. As it is, it would be shown as the beginning of an incident, and some zones have no such day.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from pydantic import BaseModel, ConfigDict, SecretStr

from bot.alerts.model import NO_START, Alert, Notification, bounded_key
from bot.chat.document import clean

VALUE_LIMIT = 4096
"""Characters of one label or annotation that are kept."""

LABELS_LIMIT = 100
FINGERPRINT = re.compile(r"[!-~]{1,64}")
"""Alertmanager's have 16 hexadecimal digits; others may have their own."""

STATES = ("firing", "resolved")
FIRST_YEAR, LAST_YEAR = 1990, 2200
"""What a time may mean (`bot.chat.times` reads the same years)."""


class Config(BaseModel):
    """A block under `alerts:`: a bearer `token`, or `user` and `password` for basic authentication."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    type: str = "alertmanager"
    token: SecretStr | None = None
    user: str = ""
    password: SecretStr | None = None


class _Alert(msgspec.Struct):
    status: str
    labels: dict[str, str]
    startsAt: str
    endsAt: str | None = None
    annotations: dict[str, str] | None = None
    generatorURL: str | None = None
    fingerprint: str | None = None


class _Message(msgspec.Struct):
    alerts: list[_Alert]
    groupKey: str
    status: str
    version: str = "4"
    truncatedAlerts: int = 0


def build(name: str, config: Config) -> Alertmanager:
    return Alertmanager(name, config)


class Alertmanager:
    """`bot.ports.AlertSource`."""

    def __init__(self, name: str, config: Config) -> None:
        self._name = name
        self._accepted: list[bytes] = []
        # An empty secret is none: whoever sends nothing would know it.
        if config.token is not None and (token := config.token.get_secret_value()):
            self._accepted.append(b"bearer " + token.encode())
        if config.password is not None and (password := config.password.get_secret_value()):
            self._accepted.append(b"basic " + base64.b64encode(f"{config.user}:{password}".encode()))
        self._decoder = msgspec.json.Decoder(_Message)

    def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        return self.admits(headers)

    def admits(self, headers: Mapping[str, str]) -> bool:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        # A header comes as latin-1, so this is what was on the wire.
        shown = f"{scheme.lower()} {credentials.strip()}".encode("latin-1", errors="replace")
        # Every comparison is made, and each takes the same time wherever it differs.
        equal = [hmac.compare_digest(shown, accepted) for accepted in self._accepted]
        return any(equal)

    def parse(self, body: bytes) -> Notification:
        try:
            message = self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise ValueError(f"This is not an Alertmanager message, version 4: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"This is not JSON: {error}") from error
        except RecursionError as error:
            raise ValueError("This JSON is nested too deeply.") from error
        if message.version != "4":
            raise ValueError(f"Alertmanager message version {clean(message.version)[:20]!r} is not understood; 4 is.")
        if message.status not in STATES:
            raise ValueError("status is neither firing nor resolved.")
        group = bounded_key(clean(message.groupKey))
        alerts = tuple(self._alert(item, group, at) for at, item in enumerate(message.alerts))
        return Notification(
            source=self._name,
            alerts=alerts,
            group=group,
            group_resolved=message.status == "resolved",
            truncated=max(0, message.truncatedAlerts),
        )

    def _alert(self, item: _Alert, group: str, at: int) -> Alert:
        if item.status not in STATES:
            raise ValueError(f"alerts[{at}].status is neither firing nor resolved.")
        # Those who imitate Alertmanager may leave it out. An alert is its labels there, so it is here.
        fingerprint = item.fingerprint or _fingerprint(item.labels)
        if not FINGERPRINT.fullmatch(fingerprint):
            raise ValueError(f"alerts[{at}] has a fingerprint that is not 1 to 64 plain characters.")
        starts = _time(item.startsAt, f"alerts[{at}].startsAt")
        ends = _time(item.endsAt, f"alerts[{at}].endsAt") if item.endsAt else None
        firing = item.status == "firing"
        return Alert(
            source=self._name,
            fingerprint=fingerprint,
            firing=firing,
            starts_at=starts or NO_START,
            ends_at=None if firing else ends,
            labels=_bounded(item.labels),
            annotations=_bounded(item.annotations or {}),
            link=clean(item.generatorURL or "")[:VALUE_LIMIT],
            group=group,
        )


def _fingerprint(labels: Mapping[str, str]) -> str:
    return hashlib.sha256(msgspec.json.encode(sorted(labels.items()))).hexdigest()[:16]


def _time(text: str, where: str) -> datetime | None:
    """RFC 3339 with 0 to 9 fractional digits; Python reads at most 6. None: it tells nothing."""
    head, dot, rest = text.partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]:0<6}{rest[len(digits) :]}"
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{where} is not a time: {clean(text)[:40]!r}") from error
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _bounded(labels: Mapping[str, str]) -> dict[str, str]:
    if len(labels) <= LABELS_LIMIT and all(_fine(name) and _fine(value) for name, value in labels.items()):
        return dict(labels)
    first = list(labels.items())[:LABELS_LIMIT]
    return {clean(name)[:VALUE_LIMIT]: clean(value)[:VALUE_LIMIT] for name, value in first}


def _fine(text: str) -> bool:
    return len(text) <= VALUE_LIMIT and text.isascii() and text.isprintable()
