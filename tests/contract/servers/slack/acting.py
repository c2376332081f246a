"""What people do with the app itself: commands, buttons, windows, shortcuts. Each comes to the app once, and it has three
seconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.contract.servers.slack import texts
from tests.contract.servers.slack.answers import Answered, check_submission
from tests.contract.servers.slack.filling import filled, state_of
from tests.contract.servers.slack.model import APP, TEAM, Channel, Message, User, elements
from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.views import View
from tests.until import until

if TYPE_CHECKING:
    from tests.contract.servers.slack.server import SlackServer


class Acting:
    def __init__(self, slack: SlackServer, user: User) -> None:
        self.slack = slack
        self.user = user

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    def where(self, where: Channel | str) -> Channel:
        return where if isinstance(where, Channel) else self.slack.channel(where)

    def inside(self, where: Channel | str) -> Channel:
        """The channel, in which this person must be."""
        found = self.where(where)
        assert self.id in found.members, f"{self.name} is not in #{found.name}"
        return found

    def message(self, channel: Channel, message: Message | str) -> Message:
        ts = message.ts if isinstance(message, Message) else message
        found = channel.message(ts) or next((one for one in self.ephemerals(channel) if one.ts == ts), None)
        assert found, f"#{channel.name} has no message {ts}"
        return found

    def ephemerals(self, where: Channel | str) -> list[Message]:
        """What only this person was shown there, oldest first."""
        return self.slack.ephemeral.setdefault((self.where(where).id, self.id), [])

    @property
    def modal(self) -> View | None:
        """The uppermost window."""
        stack = self.slack.views.modals.get(self.id)
        return stack[-1] if stack else None

    @property
    def home(self) -> View | None:
        return self.slack.views.homes.get(self.id)

    async def slash(self, where: Channel | str, text: str, command: str = "/incident") -> Answered:
        channel = self.inside(where)
        got: list[dict[str, Any]] = []
        address = self.slack.here + self.slack.answers.address(channel, self.id, None, got)
        said = {
            "token": "not-to-be-used",
            "team_id": self.user.team,
            "team_domain": "example",
            "channel_id": channel.id,
            "channel_name": {"private": "privategroup", "im": "directmessage"}.get(channel.kind, channel.name),
            "user_id": self.id,
            "user_name": self.name,
            "command": command,
            "text": self._command_text(text.strip()),
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": address,
            "trigger_id": self.slack.views.trigger(self.id),
        }
        assert "commands" in self.slack.scopes, "the app has no scope for commands"
        answered = await self._does("slash_commands", said, got)
        if answered.acked:
            try:
                self.slack.answers.acknowledged(address, answered.payload)
            except Refused as error:
                answered.acked, answered.error = False, error.code
        if self.slack.comes_later and answered.payload.get("text") == self.slack.comes_later:
            answered.payload = (await until(lambda: answered.responses, "the answer that comes later"))[0]
        return answered

    def _command_text(self, text: str) -> str:
        """With `slack.should_escape` people and channels that are named come as marks with their names."""
        text = texts.escaped(text)
        if not self.slack.should_escape:
            return text
        people = {one.name: one.id for one in self.slack.users.values()}
        rooms = {one.name: one.id for one in self.slack.channels.values()}
        text = re.sub(
            r"(?<!\S)@([\w.-]+)", lambda at: f"<@{people[at[1]]}|{at[1]}>" if at[1] in people else at[0], text
        )
        return re.sub(r"(?<!\S)#([\w-]+)", lambda at: f"<#{rooms[at[1]]}|{at[1]}>" if at[1] in rooms else at[0], text)

    async def _does(self, kind: str, payload: dict[str, Any], got: list[dict[str, Any]]) -> Answered:
        came = await self.slack.delivery.send(kind, payload)
        answered = Answered(came.acked, came.seconds, came.payload, payload, came.error, came.status, got)
        if answered.payload and payload.get("type") not in (None, "view_submission"):
            answered.acked, answered.error = False, "unexpected_payload"
        return answered

    def _interaction(self, type: str, **more: Any) -> dict[str, Any]:
        user = {"id": self.id, "username": self.name, "name": self.name, "team_id": self.user.team}
        return {
            "type": type,
            "user": user,
            "api_app_id": APP,
            "token": "not-to-be-used",
            "team": {"id": TEAM, "domain": "example"},
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self.slack.views.trigger(self.id),
            **more,
        }

    async def presses(
        self, where: Channel | str, message: Message | str, label: str, choose: Any = None, *, block: str = ""
    ) -> Answered:
        """A button by its text, or a choice in an element by its action id or placeholder; in messages that everybody sees
        and in those for this person alone."""
        channel = self.inside(where)
        found = self.message(channel, message)
        got: list[dict[str, Any]] = []
        address = self.slack.here + self.slack.answers.address(channel, self.id, found, got)
        container = {
            "type": "message",
            "message_ts": found.ts,
            "channel_id": channel.id,
            "is_ephemeral": found.ephemeral,
        }
        if found.thread_ts:
            container["thread_ts"] = found.thread_ts
        payload = self._interaction(
            "block_actions",
            container=container,
            channel={"id": channel.id, "name": "privategroup" if channel.is_private else channel.name},
            state={"values": {}},
            response_url=address,
            actions=[self._action(found.blocks, label, choose, block)],
        )
        if not found.ephemeral:
            payload["message"] = found.as_slack(metadata=True)
        return await self._does("interactive", payload, got)

    async def presses_in(self, view: View, label: str, choose: Any = None) -> Answered:
        """The same in a window or in the home tab."""
        action = self._action(view.blocks, label, choose, "")
        if action["type"] != "button":
            state = {name: value for name, value in action.items() if name.startswith(("selected", "value", "type"))}
            view.values.setdefault(action["block_id"], {})[action["action_id"]] = state
        payload = self._interaction(
            "block_actions",
            container={"type": "view", "view_id": view.id},
            view=view.as_slack(),
            state={"values": view.values},
            actions=[action],
        )
        return await self._does("interactive", payload, [])

    def _action(self, blocks: list[dict[str, Any]], label: str, choose: Any, block_id: str) -> dict[str, Any]:
        there = elements(blocks)
        for block, element in there:
            if label not in _labels(element) or block_id not in ("", block["block_id"]):
                continue
            about = {"action_id": element["action_id"], "block_id": block["block_id"], "action_ts": self.slack.now()}
            if element["type"] == "button":
                kept: dict[str, Any] = {
                    name: element[name] for name in ("text", "value", "style", "confirm", "url") if name in element
                }
                return {"type": "button", **kept, **about}
            if element["type"] == "overflow":
                option = next(one for one in element["options"] if label == one["text"]["text"])
                return {"type": "overflow", "selected_option": option, **about}
            return {**state_of(element, choose), **about}
        raise AssertionError(f"nothing is called {label!r} there; there are {[_labels(one) for _, one in there]}")

    async def submits(self, view: View | None = None, values: dict[str, Any] | None = None) -> Answered:
        """The uppermost window, with values by block id, action id or label. What a client itself would not send is in the
        answer's `errors`, and the app hears nothing; what the app finds wrong is there too, and the window stays."""
        view = view or self.modal
        assert view, "no window is open"
        assert view is self.modal, "another window lies above it"
        view.values, wrong = filled(view, values or {})
        if wrong:
            return Answered(False, 0.0, {}, {}, "incomplete", errors=wrong)
        got: list[dict[str, Any]] = []
        payload = self._interaction("view_submission", view=view.as_slack(), response_urls=[])
        answered = await self._does("interactive", payload, got)
        if answered.acked:
            try:
                check_submission(answered.payload, view.blocks)
            except Refused as error:
                answered.acked, answered.error = False, error.code
            else:
                self._submitted(view, answered)
        return answered

    def _submitted(self, view: View, answered: Answered) -> None:
        views = self.slack.views
        said = answered.payload
        action = said.get("response_action")
        if "view" in said:
            self.slack.fill_in(said["view"]["blocks"])
        if action == "errors":
            answered.errors = view.errors = said["errors"]
        elif action == "update":
            views.replace(view, said["view"])
        elif action == "push":
            views.add(self.id, said["view"], view)
        elif action == "clear":
            views.modals.pop(self.id, None)
        elif view in views.modals.get(self.id, []):
            views.modals[self.id].remove(view)

    async def closes(self, view: View | None = None) -> Answered:
        """The uppermost window; the app hears of it if it wants to."""
        view = view or self.modal
        assert view
        stack = self.slack.views.modals[self.id]
        stack.clear() if view.view.get("clear_on_close") else stack.remove(view)
        if not view.view.get("notify_on_close"):
            return Answered(True, 0.0, {}, {})
        payload = self._interaction("view_closed", view=view.as_slack(), is_cleared=False)
        del payload["trigger_id"]
        return await self._does("interactive", payload, [])

    async def shortcut(self, callback_id: str) -> Answered:
        payload = self._interaction("shortcut", callback_id=callback_id, action_ts=self.slack.now())
        return await self._does("interactive", payload, [])

    async def message_shortcut(self, callback_id: str, where: Channel | str, message: Message | str) -> Answered:
        channel = self.inside(where)
        found = self.message(channel, message)
        got: list[dict[str, Any]] = []
        payload = self._interaction(
            "message_action",
            callback_id=callback_id,
            message_ts=found.ts,
            action_ts=self.slack.now(),
            channel={"id": channel.id, "name": "privategroup" if channel.is_private else channel.name},
            message=found.as_slack(),
            response_url=self.slack.here + self.slack.answers.address(channel, self.id, found, got),
        )
        return await self._does("interactive", payload, got)


def _labels(element: dict[str, Any]) -> list[str]:
    """The names by which a person or a test means an element."""
    found = [element.get("action_id", "")]
    for name in ("text", "placeholder"):
        if isinstance(element.get(name), dict):
            found.append(element[name]["text"])
    return found + [one["text"]["text"] for one in element.get("options", []) if element["type"] == "overflow"]
