"""What one part of the configuration means to another: names that lead nowhere, people nobody can wake, open doors."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError

from bot.config.coffee_checks import check_coffee
from bot.config.draft import Draft
from bot.config.kinds import Block, parse_listen
from bot.config.learning_checks import check_digest
from bot.config.oncall_checks import check_schedules
from bot.config.policy_checks import check_policies
from bot.config.problems import Findings, quote, suggestion, under
from bot.config.route_checks import check_routes
from bot.nearest import nearest
from bot.status.recognise import networks_of

PROOFS = ("token", "password", "secret")
"""Keys of an alert entry by which its sender shows that it may send."""

HANDLES = frozenset(
    {"phone", "ics", "ntfy", "signal", "gotify", "pushover", "pagerduty", "goalert", "github", "gitlab"}
)
"""What somebody's entry may hold beside chat handles and the names and types of pagers and trackers."""

SHORTEST_KEY = 32
"""Characters of a signing key: 16 bytes in hexadecimal."""

_WITH_LENGTH = re.compile(r"(?:[0-9]+(?:\.[0-9]+)+|[0-9A-Fa-f]*(?::[0-9A-Fa-f]*){2,})/.*")
_NETWORK = re.compile(rf"{_WITH_LENGTH.pattern}|[0-9]+(?:\.[0-9]+)+")
"""What can only have been meant as a network, and with a length behind it; `keep` may hold a version too."""


def check(draft: Draft, findings: Findings) -> None:
    """Everything is checked; each mistake is one problem."""
    _check_people(draft, findings)
    check_schedules(draft, findings)
    check_policies(draft, findings)
    check_routes(draft, findings)
    _check_paging(draft, findings)
    _check_alerts(draft, findings)
    _check_listeners(draft, findings)
    _check_security(draft, findings)
    check_digest(draft, findings)
    check_coffee(draft, findings)
    _check_later(draft, findings)


def _check_people(draft: Draft, findings: Findings) -> None:
    providers = [*draft.paging.items(), *draft.trackers.items()]
    known = (
        HANDLES | draft.chat_names | {name for name, _ in providers} | {str(block["type"]) for _, block in providers}
    )
    taken: dict[tuple[str, str], str] = {}
    for id, person in draft.people.items():
        path = f"people.{id}"
        for n, (way, _) in enumerate(person.page):
            if way not in draft.names["paging"]:
                findings.error(
                    f"{path}.page[{n}]",
                    f"there is no pager {quote(way)}",
                    suggestion(way, draft.names["paging"], "Configure it under `paging:`."),
                )
        for key, value in person.extra.items():
            where = under(path, key)
            if key not in known:
                findings.error(where, f"unknown key {quote(key)}", suggestion(key, known | {"name", "email", "page"}))
            elif not isinstance(value, str):
                findings.error(where, "it is not text", "Put it in quotes.")
            elif key in draft.chat_names and (other := taken.setdefault((key, value), id)) != id:
                findings.error(where, f"{quote(other)} has the same handle", "Each person has their own.")


def _check_paging(draft: Draft, findings: Findings) -> None:
    """Whoever answers at a pager and is not configured is called `PAGER:NAME`, and `slack:U1` is somebody of Slack's."""
    for name in sorted(draft.paging.keys() & (draft.chat_names | {"terminal", "console"})):
        findings.error(under("paging", name), "a chat platform has this name", "Give the entry another name.")


def _check_alerts(draft: Draft, findings: Findings) -> None:
    events_tokens: dict[str, str] = {}
    for name, block in draft.alerts.items():
        path = under("alerts", name)
        given = [key for key in PROOFS if key in block]
        for key in given:
            if not isinstance(block[key], str) or not block[key]:
                findings.error(
                    under(path, key),
                    "it is empty or not text",
                    "Write it in quotes, or as `${NAME}` from the environment.",
                )
        if not given:
            near = next((key for key in block if nearest(key, PROOFS)), "")
            findings.error(
                path,
                "it has neither token nor password: anybody could open incidents",
                f"Is {quote(near)} meant to be its token?"
                if near
                else "Add `token`, `token_file`, or `user` and `password`.",
            )
        if "password" in given and "user" not in block:
            findings.error(path, "it has a password but no `user`", "Add `user`.")
        if block["type"] == "pagerduty" and isinstance(token := block.get("token"), str):
            # All of them are sent to one address; the token is the routing key that tells them apart.
            if token in events_tokens:
                findings.error(
                    under(path, "token"),
                    f"{quote(under('alerts', events_tokens[token]))} has the same one",
                    "Each needs its own: it says whose event it is.",
                )
            events_tokens.setdefault(token, name)


def _check_listeners(draft: Draft, findings: Findings) -> None:
    for name, block in draft.status.items():
        if "listen" in block:
            _check_listen(block, under(under("status", name), "listen"), findings)
    if draft.paging and not draft.http.public_url and not findings.wrong("http.public_url"):
        findings.warning(
            "http.public_url",
            "it is missing: the links that acknowledge a page would point to the listen address",
            "Write the address at which people reach the bot, like `https://klatsch.example.org`.",
        )


def _check_listen(block: Block, path: str, findings: Findings) -> None:
    try:
        parse_listen(block["listen"])
    except PydanticCustomError as error:
        said = error.context or {}
        findings.error(path, said["message"], said["remedy"])


def _check_security(draft: Draft, findings: Findings) -> None:
    key = draft.security.signing_key
    if key is not None and len(key.get_secret_value()) < SHORTEST_KEY:
        findings.warning(
            "security.signing_key",
            f"it is shorter than {SHORTEST_KEY} characters: somebody could guess it and sign links",
            "Make one with `openssl rand -hex 32`.",
        )
    for name, token in draft.security.api_tokens.items():
        if not token.get_secret_value():
            findings.error(under("security.api_tokens", name), "it is empty", "Make one with `openssl rand -hex 32`.")

    redact = draft.security.redact
    for name, texts, like in (("networks", redact.networks, _NETWORK), ("keep", redact.keep, _WITH_LENGTH)):
        for n, text in enumerate(texts):
            if like.fullmatch(text) and not networks_of([text]):
                findings.error(
                    under(f"security.redact.{name}", n),
                    f"{quote(text)} is no network",
                    "Write it like `10.0.0.0/8` or `fd00::/8`.",
                )


def _check_later(draft: Draft, findings: Findings) -> None:
    """What is read and checked, and does nothing in this release: nobody should wait for it."""
    later = {
        "trackers": (draft.trackers, "follow-ups become no issues yet", "`klatsch export` holds them."),
        "security.api_tokens": (draft.security.api_tokens, "there is no /api/v1 yet", ""),
    }
    for path, (written, lacking, instead) in later.items():
        if written:
            findings.warning(path, f"it does nothing in this release: {lacking}", instead or "You may leave it out.")
