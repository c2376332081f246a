"""The Slack app's manifest: what Slack's schema takes, and exactly the scopes that what we call and hear needs."""

import re
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from adapters.chat.slack.manifest import EVENTS, SCOPES, UNFURLS, domains_of, manifest, missing, scopes
from bot.config import Block, load
from bot.incident.model import Refused
from bot.providers import slack_manifest
from tests.servers.klatsch import write_config

PAGE = (Path(__file__).parents[2] / "docs" / "slack.md").read_text(encoding="utf-8")
DOMAINS = ("wiki.example.org",)
SOURCES = list((Path(__file__).parents[2] / "adapters" / "chat" / "slack").glob("*.py"))
URL = "https://klatsch.example.org/slack/events"

BOTH = {
    "make": ("channels:manage", "groups:write"),
    "see": ("channels:read", "groups:read"),
    "hear": ("channels:history", "groups:history"),
}
"""What a bot in public and in private channels needs."""

NEEDS = {
    "auth.test": (),
    "bookmarks.add": ("bookmarks:write",),
    "bookmarks.edit": ("bookmarks:write",),
    "bookmarks.list": ("bookmarks:read",),
    "bookmarks.remove": ("bookmarks:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write", "chat:write.public"),
    "chat.update": ("chat:write",),
    "conversations.archive": BOTH["make"],
    "conversations.create": BOTH["make"],
    "conversations.history": (*BOTH["hear"], "metadata.message:read"),
    "conversations.info": BOTH["see"],
    "conversations.invite": BOTH["make"],
    "conversations.join": ("channels:join",),
    "conversations.list": BOTH["see"],
    "conversations.replies": (*BOTH["hear"], "metadata.message:read"),
    "conversations.setPurpose": BOTH["make"],
    "conversations.setTopic": BOTH["make"],
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "pins.add": ("pins:write",),
    "reactions.get": ("reactions:read",),
    "usergroups.list": ("usergroups:read",),
    "users.conversations": BOTH["see"],
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.update": (),
    "chat.unfurl": ("links:write",),
    "a file's content": ("files:read",),
    "commands and shortcuts": ("commands",),
}
"""By method, as its page under https://docs.slack.dev/reference/methods says."""

HEARD = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "pin_added": ("pins:read",),
    "pin_removed": ("pins:read",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "link_shared": ("links:read",),
}
"""By event, as its page under https://docs.slack.dev/reference/events says."""

EVERY = [
    manifest("incident", "socket"),
    manifest("inc", "socket", "", ("status.example.org",)),
    manifest("x" * 31, "http", URL),
    manifest("outage", "http", URL, [f"{n}.example.org" for n in range(9)]),
]


def test_the_scopes_are_those_that_what_we_call_and_hear_needs_and_no_other():
    assert {*EVENTS, "link_shared"} == set(HEARD)
    assert set(scopes(True)) == set(chain(*NEEDS.values(), *HEARD.values()))
    assert set(UNFURLS) == {*NEEDS["chat.unfurl"], *HEARD["link_shared"]}


def test_each_method_that_is_called_is_among_those_that_need_something():
    """That of Socket Mode has a token of its own."""
    called = re.compile(
        r'"((?:auth|bookmarks|chat|conversations|files|pins|reactions|team|usergroups|users|views)\.[\w.]+)"'
    )
    named = {name for file in SOURCES for name in called.findall(file.read_text(encoding="utf-8"))}
    assert named - set(NEEDS) == set()


@pytest.mark.parametrize("made", EVERY)
def test_the_manifest_is_one_that_slack_takes(made: dict[str, Any]):
    """The rules of https://docs.slack.dev/reference/app-manifest for what we use of it."""
    shown, features, settings = made["display_information"], made["features"], made["settings"]
    assert set(made) == {"_metadata", "display_information", "features", "oauth_config", "settings"}
    assert 1 <= len(shown["name"]) <= 35
    assert 1 <= len(shown["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
    assert 1 <= len(features["bot_user"]["display_name"]) <= 80
    for slash in features["slash_commands"]:
        assert re.fullmatch(r"/[a-z][a-z0-9-]{0,30}", slash["command"])
        assert 1 <= len(slash["description"]) <= 2000
        assert 1 <= len(slash["usage_hint"]) <= 1000
        assert slash["should_escape"] is True
        assert slash.get("url") == (None if settings["socket_mode_enabled"] else URL)
    for shortcut in features["shortcuts"]:
        assert set(shortcut) == {"name", "type", "callback_id", "description"}
        assert shortcut["type"] in ("message", "global")
        assert 1 <= len(shortcut["name"]) <= 24
        assert 1 <= len(shortcut["description"]) <= 150
    domains = features.get("unfurl_domains", ["none.example.org"])
    assert 1 <= len(domains) <= 5
    assert all(re.fullmatch(r"(?![.\-])([-a-z0-9.])+([a-z0-9])", domain) for domain in domains)
    for posted in (settings["event_subscriptions"], settings["interactivity"]):
        assert posted.get("request_url") == (None if settings["socket_mode_enabled"] else URL)


def test_the_command_has_a_short_form_and_is_there_once():
    commands = [[slash["command"] for slash in made["features"]["slash_commands"]] for made in EVERY]
    assert commands == [["/incident", "/inc"], ["/inc"], [f"/{'x' * 31}", "/inc"], ["/outage", "/inc"]]


def test_there_is_a_way_in_from_anywhere_and_from_a_message():
    shortcuts = EVERY[0]["features"]["shortcuts"]
    assert [(one["type"], one["callback_id"]) for one in shortcuts] == [
        ("global", "open_incident"),
        ("message", "open_from_message"),
        ("message", "note_message"),
    ]


def test_links_are_read_only_where_there_is_a_status_page():
    asked = [set(made["oauth_config"]["scopes"]["bot"]) for made in EVERY]
    heard = ["link_shared" in made["settings"]["event_subscriptions"]["bot_events"] for made in EVERY]
    assert asked == [set(SCOPES), set(SCOPES | UNFURLS), set(SCOPES), set(SCOPES | UNFURLS)]
    assert heard == [False, True, False, True]
    assert "unfurl_domains" not in EVERY[0]["features"]


def test_without_an_address_slack_cannot_post():
    with pytest.raises(ValueError, match="needs an address"):
        manifest("incident", "http")


def configured(folder: Path, mode: str, public_url: str) -> dict[str, Any]:
    """The manifest of a configuration with a block for Slack."""
    file = write_config(
        folder, f"sqlite:///{folder}/klatsch.db", http={"listen": "127.0.0.1:0", "public_url": public_url}
    )
    config = load(file, {}, lambda *_: {})
    block = Block({"mode": mode, "unfurl": list(DOMAINS)})
    return slack_manifest(replace(config, platforms={"slack": block}))


def test_the_address_of_the_configuration_is_where_slack_posts(tmp_path: Path):
    assert configured(tmp_path, "http", "https://klatsch.example.org/") == manifest("incident", "http", URL, DOMAINS)
    assert configured(tmp_path, "socket", "https://klatsch.example.org") == manifest("incident", "socket", "", DOMAINS)


def test_http_mode_without_an_address_says_what_to_do(tmp_path: Path):
    with pytest.raises(Refused, match="nothing says where Slack reaches the bot") as refused:
        configured(tmp_path, "http", "")
    assert "http.public_url" in refused.value.hint


def test_only_named_hosts_are_domains():
    addresses = (
        "https://Status.example.org/page",
        "https://status.example.org:8443",
        "http://127.0.0.1:8081",
        "http://[::1]:8081",
        "http://localhost:8081",
        "http://[",
        "https://a..example.org",
        "https://-a.example.org",
        "https://pub_lic.example.org",
        "",
    )
    assert domains_of(addresses) == ("status.example.org",)


def test_nothing_is_missing_where_all_was_granted():
    assert missing([*SCOPES, "team:read"], False) == []
    assert missing([*SCOPES, *UNFURLS], True) == []


def test_each_missing_scope_says_what_does_not_work_and_what_to_do():
    assert missing(set(SCOPES) - {"pins:write"}, False) == [
        "The Slack app has no scope `pins:write`, so it cannot pin the card. Add it under OAuth & Permissions, or update the "
        "manifest (`klatsch slack-manifest`), and install the app again."
    ]
    assert [sentence.split("`")[1] for sentence in missing(SCOPES, True)] == ["links:read", "links:write"]
    assert len(missing((), True)) == len(scopes(True))


def test_the_page_tells_what_each_scope_is_for():
    (table,) = re.findall(
        r"^\| Scope \| What it is for \|\n\| --- \| --- \|\n(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL
    )
    assert dict(re.findall(r"^\| `(\S+)` \| (.*) \|$", table, re.MULTILINE)) == scopes(True)
