"""What the app answers people with: in the acknowledgement, and afterwards at a response_url."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.contract.servers.slack import chat
from tests.contract.servers.slack.api import Asked
from tests.contract.servers.slack.arguments import json_object
from tests.contract.servers.slack.blocks import check_view
from tests.contract.servers.slack.clock import Passing
from tests.contract.servers.slack.model import BOT_USER, Channel, Message
from tests.contract.servers.slack.refused import Refused

MOST_USES = 5
URL_LIVES = 1800.0
FIELDS = frozenset(
    [
        "text",
        "blocks",
        "attachments",
        "response_type",
        "replace_original",
        "delete_original",
        "thread_ts",
        "mrkdwn",
        "metadata",
        "parse",
        "link_names",
        "unfurl_links",
        "unfurl_media",
    ]
)


@dataclass
class Answered:
    """What a person sees of what they did: whether the app took it within the time, what it answered at once and later."""

    acked: bool
    seconds: float
    payload: dict[str, Any]
    sent: dict[str, Any]
    error: str = ""
    status: int = 0
    responses: list[dict[str, Any]] = field(default_factory=list)
    """What came at the response_url, in order."""
    errors: dict[str, str] = field(default_factory=dict)
    """What was wrong with a window that was submitted, by block."""

    @property
    def text(self) -> str:
        """The text of the first answer."""
        return str(self.payload.get("text") or (self.responses[0].get("text", "") if self.responses else ""))


@dataclass
class Address:
    """One response_url."""

    channel: Channel
    user: str
    message: Message | None
    got: list[dict[str, Any]]
    at: float
    uses: int = 0


class Answers:
    def __init__(self, asked: Asked, passing: Passing) -> None:
        self._passing = passing
        self._asked = asked
        self._addresses: dict[str, Address] = {}

    def address(self, channel: Channel, user: str, message: Message | None, got: list[dict[str, Any]]) -> str:
        """The path of a new response_url, whose answers are added to `got`."""
        secret = secrets.token_hex(12)
        self._addresses[secret] = Address(channel, user, message, got, self._passing.now())
        return f"/actions/{secret}"

    async def serve(self, request: web.Request) -> web.Response:
        found = self._addresses.get(request.match_info["secret"])
        try:
            if found is None or self._passing.now() - found.at > URL_LIVES:
                raise Refused("expired_url")
            if found.uses >= MOST_USES:
                raise Refused("used_url")
            if request.content_type != "application/json":
                raise Refused("invalid_payload")
            said = json_object(await request.read())
            self.show(found, said)
        except Refused as error:
            gone = error.code in ("expired_url", "used_url")
            return web.json_response({"ok": False, "error": error.code, **error.more}, status=404 if gone else 400)
        found.uses += 1
        found.got.append(said)
        return web.Response(text="ok")

    def show(self, where: Address, said: dict[str, Any]) -> None:
        """Raises Refused for what is no message."""
        if unknown := said.keys() - FIELDS:
            raise Refused("invalid_payload", response_metadata={"messages": [f"unknown: {sorted(unknown)}"]})
        workspace = self._asked.workspace
        if said.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
            raise Refused("invalid_payload")
        if said.get("delete_original"):
            self._delete(where)
            return
        checked = chat.content(said)
        if "metadata" in said:
            checked["metadata"] = chat.metadata(said)
        if said.get("replace_original"):
            self._replace(where, checked)
        elif said.get("response_type") == "in_channel":
            thread = chat.thread_of(where.channel, said)
            posted = workspace.post(where.channel, BOT_USER, checked.pop("text"), thread_ts=thread, **checked)
            where.message = where.message or posted
        else:
            shown = chat.show(self._asked, where.channel, where.user, checked, chat.thread_of(where.channel, said))
            where.message = where.message or shown

    def _replace(self, where: Address, checked: dict[str, Any]) -> None:
        message = where.message
        if message is None:
            raise Refused("message_not_found")
        if not message.ephemeral:
            self._asked.workspace.edit(where.channel, message, BOT_USER, **checked)
            return
        for name, value in checked.items():
            setattr(message, name, value)
        self._asked.workspace.fill_in(message.blocks)

    def _delete(self, where: Address) -> None:
        message = where.message
        if message is None:
            raise Refused("message_not_found")
        if message.ephemeral:
            self._asked.workspace.ephemeral[where.channel.id, where.user].remove(message)
        else:
            self._asked.workspace.delete(where.channel, message)
        where.message = None

    def acknowledged(self, address: str, payload: dict[str, Any]) -> None:
        """What the acknowledgement of a command says is shown as well. Raises Refused."""
        if payload and (payload.get("text") or payload.get("blocks") or payload.keys() - FIELDS):
            self.show(self._addresses[address.rpartition("/")[2]], payload)


def check_submission(payload: dict[str, Any], blocks: list[dict[str, Any]]) -> None:
    """The acknowledgement of a submitted window. Raises Refused."""
    if not payload:
        return
    action = payload.get("response_action")
    fields = {"errors": {"errors"}, "update": {"view"}, "push": {"view"}, "clear": set()}
    if action not in fields or payload.keys() != {"response_action", *fields[action]}:
        raise Refused("invalid_response_action")
    if action == "errors":
        known = {block["block_id"] for block in blocks if block["type"] == "input"}
        errors = payload["errors"]
        if not isinstance(errors, dict) or not errors or not errors.keys() <= known:
            raise Refused("invalid_errors")
        if not all(isinstance(text, str) and text for text in errors.values()):
            raise Refused("invalid_errors")
    if "view" in payload:
        check_view(payload["view"], kinds=("modal",))
