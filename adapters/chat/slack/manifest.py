"""What Klatsch is in Slack: the app's manifest (https://docs.slack.dev/reference/app-manifest), and why it asks for each scope."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, Literal
from urllib.parse import urlsplit

ALIAS = "inc"

OPEN, OPEN_FROM_MESSAGE, NOTE_MESSAGE = "open_incident", "open_from_message", "note_message"
"""The callback ids of the shortcuts."""

DOMAINS = 5
"""As many as an app may unfurl links of."""

SCOPES = {
    "app_mentions:read": "hear lines that begin with the bot's name",
    "bookmarks:read": "find its own bookmarks in an incident's channel",
    "bookmarks:write": "keep the status page and the postmortem among a channel's bookmarks",
    "channels:history": "hear lines, answers and edits in public channels, and find what it said before a restart",
    "channels:join": "come into the public channels that the configuration names",
    "channels:manage": "make, name and archive public channels of incidents, invite people, set the topic",
    "channels:read": "find public channels by name, and see whether they are shared with others",
    "chat:write": "speak, and keep the card current",
    "chat:write.public": "announce incidents in a public channel that it is not in",
    "commands": "answer the slash commands and the shortcuts",
    "files:read": "keep copies of pictures in messages that a reaction puts on the timeline",
    "files:write": "show the pictures of its own messages",
    "groups:history": "hear the same in private channels that it is in",
    "groups:read": "see the private channels that it is in",
    "groups:write": "make, name and archive private channels of incidents, invite people, set the topic",
    "metadata.message:read": "recognise its own messages after a failure, so that nothing is said twice",
    "pins:read": "take what somebody pins to the timeline",
    "pins:write": "pin the card",
    "reactions:read": "take what somebody marks with a reaction to the timeline",
    "usergroups:read": "find the groups that are invited to incidents",
    "users:read": "see who is a guest, a bot or from elsewhere",
}
"""Each scope, and what it is for. The narrowest that the methods and events we use take: `channels:manage` and `groups:write`
also set topics and invite, and commands work in direct messages without any."""

UNFURLS = {
    "links:read": "notice links to an incident on the status page",
    "links:write": "show under such a link how the incident stands",
}
"""The same, only where there are domains whose links are unfurled."""

EVENTS = (
    "app_home_opened",
    "app_mention",
    "message.channels",
    "message.groups",
    "pin_added",
    "pin_removed",
    "reaction_added",
    "reaction_removed",
)

_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250})\.[a-z][a-z0-9-]*[a-z0-9]")


def scopes(unfurls: bool) -> dict[str, str]:
    """All that the app asks for, in the order of their names."""
    return SCOPES | UNFURLS if unfurls else SCOPES


def manifest(
    command: str, mode: Literal["socket", "http"], request_url: str = "", unfurl_domains: Collection[str] = ()
) -> dict[str, Any]:
    """The app's manifest. `command` is the word behind the slash; in `http` mode Slack posts everything to `request_url`;
    links to the first few `unfurl_domains` (host names) are shown with what stands there. Raises ValueError for the mode
    `http` without an address."""
    if mode == "http" and not request_url:
        raise ValueError("in HTTP mode Slack needs an address to post to")
    posted = {"request_url": request_url} if mode == "http" else {}
    domains = list(unfurl_domains)[:DOMAINS]
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Klatsch",
            "description": "Runs incidents in the open: rooms, pages, status page, postmortems.",
            "background_color": "#1f2937",
        },
        "features": {
            "bot_user": {"display_name": "klatsch", "always_online": True},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": False,
                "messages_tab_read_only_enabled": True,
            },
            "slash_commands": [_slash(word, posted) for word in dict.fromkeys((command, ALIAS))],
            "shortcuts": [
                _shortcut(OPEN, "global", "Open an incident", "A form for a new incident."),
                _shortcut(
                    OPEN_FROM_MESSAGE, "message", "Open an incident", "A new incident that begins with this message."
                ),
                _shortcut(
                    NOTE_MESSAGE, "message", "Add to the timeline", "Put this message on the incident's timeline."
                ),
            ],
            **({"unfurl_domains": domains} if domains else {}),
        },
        "oauth_config": {"scopes": {"bot": sorted(scopes(bool(domains)))}},
        "settings": {
            "event_subscriptions": {"bot_events": sorted((*EVENTS, *(("link_shared",) if domains else ()))), **posted},
            "interactivity": {"is_enabled": True, **posted},
            "org_deploy_enabled": False,
            "socket_mode_enabled": mode == "socket",
            "token_rotation_enabled": False,
        },
    }


def domains_of(addresses: Iterable[str]) -> tuple[str, ...]:
    """The hosts of these addresses that Slack takes as domains: named ones, none twice."""
    hosts = dict.fromkeys(map(_host, addresses))
    return tuple(host for host in hosts if _DOMAIN.fullmatch(host) and ".." not in host)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def missing(granted: Collection[str], unfurls: bool) -> list[str]:
    """A sentence for each scope that the app was not given: which, what it cannot do without it, and what to do."""
    return [
        f"The Slack app has no scope `{scope}`, so it cannot {what}. Add it under OAuth & Permissions, or update the "
        "manifest (`klatsch slack-manifest`), and install the app again."
        for scope, what in scopes(unfurls).items()
        if scope not in granted
    ]


def _slash(word: str, posted: dict[str, str]) -> dict[str, Any]:
    # Escaped, so that a mention comes with the person's id: names are not unique.
    slash = {
        "command": f"/{word}",
        "description": "Open and run incidents",
        "usage_hint": "open sev2 Volumes slow in az2 | note TEXT | help",
        "should_escape": True,
    }
    return slash | ({"url": posted["request_url"]} if posted else {})


def _shortcut(callback_id: str, kind: str, name: str, description: str) -> dict[str, str]:
    return {"name": name, "type": kind, "callback_id": callback_id, "description": description}
