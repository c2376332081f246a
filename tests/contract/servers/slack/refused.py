"""What the fake Slack says no with."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """Answered as `{"ok": false, "error": code, …}`."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


class Malformed(Exception):
    """Blocks or a view that Slack does not take: why, and where in them."""

    def __init__(self, why: str, where: str) -> None:
        super().__init__(f"[ERROR] {why} [json-pointer:{where}]")
