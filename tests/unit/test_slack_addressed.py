"""What people typed, read as Slack sends it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.slack.addressed import LONGEST, emoji, mentioned_line, permalink, typed_prefix, unescape
from adapters.chat.slack.markup import escape
from adapters.chat.slack.messages import LONGEST_SUMMARY, files, is_ours, message_text
from bot.incident.attachment import FILES_LIMIT, Attachment
from bot.incident.text import clean

URL = "https://files.slack.com/files-pri/T1-F1/download/graph.png"
FILE = {"id": "F1", "name": "graph.png", "mimetype": "image/png", "size": 1234, "url_private_download": URL}


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("page <@U0ANA|ana> now", "page <@U0ANA> now"),
        ("take lead <@U0ANA>", "take lead <@U0ANA>"),
        ("see <#C1|general> and <#C2>", "see #general and #C2"),
        ("<#C1|>", "#C1"),
        ("<https://a.org/x?a=1&amp;b=2|the runbook>", "https://a.org/x?a=1&b=2"),
        ("<https://a.org>", "https://a.org"),
        ("match=host=<http://hv-17.example.org|hv-17.example.org>", "match=host=hv-17.example.org"),
        ("<http://example.org/|example.org>", "example.org"),
        ("<https://example.org/a/b|example.org/a/b>", "example.org/a/b"),
        ("<https://evil.org|example.org>", "https://evil.org"),
        ("<https://a.org/x|https://a.org/x>", "https://a.org/x"),
        ("<slack://open|open>", "slack://open"),
        ("<mailto:a@b.org|a@b.org>", "a@b.org"),
        ("<mailto:a@b.org>", "a@b.org"),
        ("<tel:+49301234|+49301234>", "+49301234"),
        ("<!here> <!channel|channel> <!everyone|@everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@storage> <!subteam^S1>", "@storage @S1"),
        ("at <!date^1764244800^{time}|12:00> or <!date^1764244800^{date}>", "at 12:00 or "),
        ("&lt;!channel&gt; &amp;lt; a &amp;&amp; b", "<!channel> &lt; a && b"),
        ("&quot; &#39;", "&quot; &#39;"),
        ("is 1 < 2 > 0 and <host> and <>", "is 1 < 2 > 0 and <host> and <>"),
        ("note “it's slow”", "note “it's slow”"),
        ("two\nlines", "two\nlines"),
        ("half a \ud83d pair, \x00 and \x1b[31m", "half a  pair,  and [31m"),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_the_words_are_those_that_were_typed(sent: object, typed: str) -> None:
    assert unescape(sent) == typed


@given(st.text(st.characters() | st.sampled_from("<>&;|@#!^")))
def test_what_was_typed_comes_back_whatever_it_is(typed: str) -> None:
    assert unescape(escape(typed)) == clean(typed)


@given(st.text(st.sampled_from("<>&;|@#!^:ahtps/")))
def test_whatever_slack_sends_is_read(sent: str) -> None:
    assert len(unescape(sent)) <= max(len(sent), 1)
    typed_prefix(sent, "incident")
    mentioned_line(sent, "U0BOT")


def test_words_are_bounded() -> None:
    assert unescape("&amp;" * 50_000) == "&" * LONGEST
    assert unescape("x" * 10**6) == "x" * LONGEST
    assert len(unescape("<@U1" * 10**5)) == LONGEST


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ("<@U0BOT> status", "status"),
        ("<@U0BOT|klatsch>: page <@U0ANA>", "page <@U0ANA>"),
        (" <@U0BOT>, note a &lt; b\nmore", "note a < b\nmore"),
        ("<@U0BOT>", ""),
        ("<@U0BOTX> status", None),
        ("hey <@U0BOT> status", None),
        ("status", None),
        (None, None),
    ],
)
def test_what_begins_with_a_mention_of_the_bot_is_for_it(sent: object, line: str | None) -> None:
    assert mentioned_line(sent, "U0BOT") == line


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ("!incident status", "status"),
        ("!inc page <@U0ANA|ana>", "page <@U0ANA>"),
        ("!INC", ""),
        ("!outage status", "status"),
        ("  /incident status", "status"),
        ("`!incident INC-7 undo`", "INC-7 undo"),
        ("!incident note a &amp; b\nmore", "note a & b\nmore"),
        ("!incidents status", None),
        ("incident status", None),
        ("the !incident status", None),
        ("`!incident` is the word", None),
        ("/etc/hosts", None),
        (None, None),
    ],
)
def test_a_line_in_a_thread_begins_with_the_word_behind_a_mark(sent: object, line: str | None) -> None:
    assert typed_prefix(sent, "outage") == line


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("pushpin", "pushpin"),
        ("+1::skin-tone-2", "+1"),
        (":eyes:", "eyes"),
        ("x" * 900, "x" * 100),
        (None, ""),
        ("", ""),
    ],
)
def test_an_emoji_is_its_name(name: object, base: str) -> None:
    assert emoji(name) == base


def test_a_message_has_an_address() -> None:
    place = "https://example.slack.com/archives/C1/p1764244800000100"
    for url in ("https://example.slack.com", "https://example.slack.com/"):
        assert permalink(url, "C1", "1764244800.000100") == place
        assert permalink(url, "C1", "1764244800.000100", "1764244800.000100") == place
        assert (
            permalink(url, "C1", "1764244800.000100", "1764244700.000200")
            == f"{place}?thread_ts=1764244700.000200&cid=C1"
        )


RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "a <b> &amp; "},
                {"type": "user", "user_id": "U0ANA"},
                {"type": "emoji", "name": "fire"},
                {"type": "channel", "channel_id": "C1"},
                {"type": "broadcast", "range": "here"},
                {"type": "date", "timestamp": 1, "format": "{time}", "fallback": "12:00"},
                {"type": "link", "url": "https://a.org"},
                {"type": "link", "url": "https://a.org", "text": "label"},
            ],
        },
        {"type": "rich_text_list", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "i"}]}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}]},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"text": "osd.17 &lt;down&gt;", "blocks": [RICH]}, "osd.17 <down>"),
        (
            {"text": " ", "blocks": [RICH]},
            "a <b> &amp; <@U0ANA>:fire:#C1@here12:00https://a.orglabel\ni\ncode",
        ),
        (
            {
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": "Firing &amp; more"}},
                    {"type": "section", "text": {"type": "mrkdwn", "text": "*osd.17*"}, "fields": [{"text": "az2"}]},
                    {"type": "context", "elements": [{"type": "mrkdwn", "text": "a"}, {"type": "image", "alt_text": "b"}]},
                    {"type": "image", "title": {"text": "p99"}, "alt_text": "graph"},
                    {"type": "image", "alt_text": "graph"},
                    {"type": "markdown", "text": "# more"},
                    {"type": "divider"},
                    {"type": "actions", "elements": [{"type": "button", "text": {"text": "Silence"}}]},
                ]
            },
            "Firing & more\n*osd.17*\naz2\na b\np99\ngraph\n# more",
        ),
        (
            {
                "attachments": [
                    {"pretext": "p", "title": "[FIRING:1]", "text": "<https://a.org|a>", "fallback": "no"},
                    {"fallback": "only &amp; this"},
                    {"fields": [{"title": "az", "value": "az2"}], "fallback": "no"},
                    {"blocks": [{"type": "section", "text": {"text": "in it"}}], "fallback": "no"},
                ]
            },
            "p\n[FIRING:1]\nhttps://a.org\nonly & this\naz: az2\nin it",
        ),
        ({"blocks": "x", "attachments": 7}, ""),
        ({"blocks": [7, {"type": 7}, {"type": "rich_text"}, {"type": "section", "text": 7, "fields": 7}]}, ""),
        ({"attachments": [7, {"fields": [7], "blocks": {}}]}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_the_text_of_a_message_is_what_it_says(event: dict[str, Any], said: str) -> None:
    assert message_text(event) == said


def test_the_text_of_a_message_is_bounded() -> None:
    assert len(message_text({"attachments": [{"text": "x" * 50_000}] * 9})) == LONGEST_SUMMARY
    deep: dict[str, Any] = {"type": "rich_text", "elements": []}
    for _ in range(5_000):
        deep = {"type": "rich_text", "elements": [deep]}
    assert message_text({"blocks": [deep]}) == ""


KEYS = ["type", "text", "elements", "fields", "blocks", "title", "name", "user_id", "fallback", "size", "mimetype"]
WORDS = ["rich_text", "rich_text_list", "rich_text_section", "context", "section", "user", "emoji", "date", "<@U1|x>"]
JSON = st.recursive(
    st.sampled_from([None, True, 7, -1, 1e300, "", *WORDS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(st.fixed_dictionaries({}, optional={"text": JSON, "blocks": JSON, "attachments": JSON, "files": JSON}))
def test_no_message_is_too_odd_to_be_read(event: dict[str, Any]) -> None:
    assert len(message_text(event)) <= 40_000
    assert all(isinstance(file, Attachment) for file in files(event))


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, Attachment("graph.png", "image/png", 1234, URL)),
        ({"name": None, "title": "as of 2 am"}, Attachment("as of 2 am", "image/png", 1234, URL)),
        ({"name": "x" * 900}, Attachment("x" * 300, "image/png", 1234, URL)),
        ({"mimetype": "text/html<script>", "size": -1}, Attachment("graph.png", place=URL)),
        ({"mimetype": ["image/png"], "size": True}, Attachment("graph.png", place=URL)),
        ({"mimetype": "Image/PNG", "size": 1e300}, Attachment("graph.png", "image/png", place=URL)),
        ({"url_private_download": None}, Attachment("graph.png", "image/png", 1234)),
        ({"url_private_download": "file:///etc/passwd"}, Attachment("graph.png", "image/png", 1234)),
        ({"url_private_download": f"{URL}\nx"}, Attachment("graph.png", "image/png", 1234)),
        ({"url_private_download": URL + "x" * 2000}, Attachment("graph.png", "image/png", 1234)),
    ],
)
def test_what_a_file_claims_is_bounded(more: dict[str, Any], found: Attachment) -> None:
    assert files({"files": [{**FILE, **more}]}) == (found,)


@pytest.mark.parametrize(
    "gone", [{"mode": "tombstone"}, {"mode": "hidden_by_limit"}, {"file_access": "check_file_info"}]
)
def test_a_file_that_slack_does_not_tell_of_is_none(gone: dict[str, Any]) -> None:
    assert files({"files": [{**FILE, **gone}, FILE, 7]}) == (Attachment("graph.png", "image/png", 1234, URL),)


def test_files_are_counted() -> None:
    assert len(files({"files": [FILE] * 90})) == FILES_LIMIT
    assert files({}) == files({"files": "x"}) == ()


@pytest.mark.parametrize(
    "url", [URL, "https://example.slack.com/x", "https://slack.com:443/x", "HTTPS://FILES.slack.com/x"]
)
def test_our_token_goes_to_slack(url: str) -> None:
    assert is_ours(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://files.slack.com/x",
        "https://slack.com.evil.org/x",
        "https://evilslack.com/x",
        "https://evil.org/slack.com",
        "https://evil.org#.slack.com",
        "https://evil.org?.slack.com",
        "https://evil.org\\.slack.com/x",
        "https://evil.org%2f.slack.com/x",
        "https://slack.com@evil.org/x",
        "https://user:pass@slack.com/x",
        "https://slack.com:8443/x",
        "https://slack.com:x/",
        "https://[slack.com/x",
        "https://slack.com\n.evil.org/x",
        "https://s\u017fack.com/x",
        "ftp://slack.com/x",
        "//slack.com/x",
        "http://127.0.0.1:4010/x",
    ],
)
def test_our_token_goes_nowhere_else(url: str) -> None:
    assert not is_ours(url)


def test_another_host_is_ours_when_it_is_given_with_its_scheme_and_port() -> None:
    hosts = ("slack.com", "http://127.0.0.1:4010/api/")
    assert is_ours("http://127.0.0.1:4010/files/F1", hosts)
    assert is_ours(URL, hosts)
    for url in (
        "https://127.0.0.1:4010/x",
        "http://127.0.0.1:4011/x",
        "http://127.0.0.1/x",
        "http://a.127.0.0.1:4010/x",
    ):
        assert not is_ours(url, hosts)
