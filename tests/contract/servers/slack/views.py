"""views.*, and the windows that people have open."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from tests.contract.servers.slack.api import Args, Asked
from tests.contract.servers.slack.blocks import check_view
from tests.contract.servers.slack.clock import Passing
from tests.contract.servers.slack.model import APP, BOT_ID, TEAM
from tests.contract.servers.slack.refused import Refused

TRIGGER_LIVES = 3.0
MOST_STACKED = 3


@dataclass
class View:
    """`view` as the app sent it, `values` what the person filled in, by block and action."""

    id: str
    user: str
    view: dict[str, Any]
    root: str
    previous: str = ""
    hash: str = ""
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """What the app found wrong with it, by block."""

    @property
    def title(self) -> str:
        return str(self.view.get("title", {}).get("text", ""))

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return list(self.view["blocks"])

    def as_slack(self) -> dict[str, Any]:
        usual = {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "submit": None,
            "close": None,
        }
        about = {
            "id": self.id,
            "team_id": TEAM,
            "app_id": APP,
            "app_installed_team_id": TEAM,
            "bot_id": BOT_ID,
            "hash": self.hash,
            "root_view_id": self.root,
            "previous_view_id": self.previous or None,
            "state": {"values": self.values},
        }
        return usual | self.view | about


class Views:
    """`modals`: the windows of each person, the uppermost last; `homes`: the home tabs."""

    def __init__(self, passing: Passing) -> None:
        self._passing = passing
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self._triggers: dict[str, tuple[str, float]] = {}
        self._spent: set[str] = set()
        self._numbers = itertools.count(1)

    def trigger(self, user: str) -> str:
        """A fresh trigger id of that person, good for one window within three seconds."""
        number = next(self._numbers)
        id = f"{number:06d}.{number:07d}.{number:032x}"
        self._triggers[id] = (user, self._passing.now())
        return id

    def spend(self, args: Args) -> str:
        """Whose trigger it is. Raises Refused."""
        id = args.get("trigger_id") or args.get("interactivity_pointer")
        if not id:
            raise Refused("missing_argument")
        if id not in self._triggers:
            raise Refused("invalid_trigger_id")
        if id in self._spent:
            raise Refused("exchanged_trigger_id")
        user, at = self._triggers[id]
        if self._passing.now() - at > TRIGGER_LIVES:
            raise Refused("expired_trigger_id")
        self._spent.add(id)
        return user

    def all(self) -> list[View]:
        return [*self.homes.values(), *(one for stack in self.modals.values() for one in stack)]

    def check_external_id(self, view: dict[str, Any], but: str = "") -> None:
        external = view.get("external_id")
        if external and any(one.view.get("external_id") == external and one.id != but for one in self.all()):
            raise Refused("duplicate_external_id")

    def add(self, user: str, view: dict[str, Any], under: View | None = None) -> View:
        number = next(self._numbers)
        id = f"V{number:09d}F"
        found = View(id, user, view, under.root if under else id, under.id if under else "")
        self.replace(found, view)
        if view["type"] == "home":
            self.homes[user] = found
        else:
            self.modals[user] = [*self.modals.get(user, []), found] if under else [found]
        return found

    def replace(self, found: View, view: dict[str, Any]) -> None:
        found.view = view
        found.hash = f"{int(time.time())}.{next(self._numbers):08x}"
        found.errors = {}

    def find(self, args: Args) -> View:
        for one in self.all():
            if one.id == args.get("view_id") or (args.get("external_id") or None) == one.view.get("external_id", ""):
                return one
        raise Refused("not_found")


def open(asked: Asked, views: Views, args: Args) -> dict[str, Any]:
    check_view(args["view"], kinds=("modal",))
    views.check_external_id(args["view"])
    asked.workspace.fill_in(args["view"]["blocks"])
    return {"view": views.add(views.spend(args), args["view"]).as_slack()}


def push(asked: Asked, views: Views, args: Args) -> dict[str, Any]:
    check_view(args["view"], kinds=("modal",))
    views.check_external_id(args["view"])
    user = views.spend(args)
    stack = views.modals.get(user, [])
    if not stack:
        raise Refused("not_found")
    if len(stack) >= MOST_STACKED:
        raise Refused("push_limit_reached")
    asked.workspace.fill_in(args["view"]["blocks"])
    return {"view": views.add(user, args["view"], stack[-1]).as_slack()}


def update(asked: Asked, views: Views, args: Args) -> dict[str, Any]:
    if "view_id" not in args and "external_id" not in args:
        raise Refused("missing_argument")
    check_view(args["view"], kinds=("modal", "home"))
    found = views.find(args)
    views.check_external_id(args["view"], found.id)
    if "hash" in args and args["hash"] != found.hash:
        raise Refused("hash_conflict")
    asked.workspace.fill_in(args["view"]["blocks"])
    views.replace(found, args["view"])
    return {"view": found.as_slack()}


def publish(asked: Asked, views: Views, args: Args) -> dict[str, Any]:
    check_view(args["view"], kinds=("home",))
    user = asked.workspace.users.get(args["user_id"])
    if user is None or user.bot or user.deleted:
        raise Refused("invalid_arguments")
    found = views.homes.get(user.id)
    if "hash" in args and args["hash"] != (found.hash if found else ""):
        raise Refused("hash_conflict")
    views.check_external_id(args["view"], found.id if found else "")
    asked.workspace.fill_in(args["view"]["blocks"])
    if found is None:
        return {"view": views.add(user.id, args["view"]).as_slack()}
    views.replace(found, args["view"])
    return {"view": found.as_slack()}


METHODS = {"views.open": open, "views.push": push, "views.update": update, "views.publish": publish}
