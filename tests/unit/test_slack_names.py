"""What channels are called, and what stands above them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.slack.names import channel_name, purpose, topic

ANY = st.text(st.characters() | st.sampled_from("äßÆłıİﬁ①-_.<>&!\ud800\u202e\n"), max_size=200)


@pytest.mark.parametrize(
    ("name", "suffix", "called"),
    [
        ("inc-7-volumes-slow-in-az2", "", "inc-7-volumes-slow-in-az2"),
        ("INC-7 Volumes slow!", "", "inc-7-volumes-slow"),
        ("inc-7-volumes", "2", "inc-7-volumes-2"),
        ("inc-7-volumes", "-2", "inc-7-volumes-2"),
        ("inc-7_b", "", "inc-7_b"),
        ("Köln: Straße ausgefallen", "", "koeln-strasse-ausgefallen"),
        ("Ko\u0308ln", "", "koeln"),
        ("ÉTÉ à Łódź, Ærø", "", "ete-a-lodz-aero"),
        ("障害 az2", "", "az2"),
        ("障害", "", "incident"),
        ("---", "2", "incident-2"),
        ("", "", "incident"),
        ("a.b/c  d", "", "a-b-c-d"),
        ("x" * 90, "", "x" * 80),
        ("x" * 90, "99", "x" * 77 + "-99"),
        ("x" * 76 + " yz", "99", "x" * 76 + "-99"),
        ("x" * 90, "y" * 90, "x" * 39 + "-" + "y" * 40),
    ],
)
def test_a_channel_is_called_what_slack_takes(name: str, suffix: str, called: str) -> None:
    assert channel_name(name, suffix) == called


@given(ANY, ANY)
def test_any_name_becomes_one_that_slack_takes(name: str, suffix: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]{1,80}", channel_name(name, suffix))
    assert re.search(r"[a-z0-9]", channel_name(name, suffix))
    assert channel_name(channel_name(name)) == channel_name(name)


@pytest.mark.parametrize("written", [topic, purpose])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("INC-7 · SEV1 · Volumes slow", "INC-7 · SEV1 · Volumes slow"),
        ("<!channel> & <@U0ANA>", "&lt;!channel&gt; &amp; &lt;@U0ANA&gt;"),
        ("two\nlines \x00 and\ttabs\u202e", "two lines and tabs"),
        ("x" * 250, "x" * 250),
        ("x" * 251, "x" * 249 + "…"),
        ("x" * 248 + " yz", "x" * 248 + "…"),
        ("x" * 246 + "&", "x" * 246 + "…"),
        ("x" * 245 + "&", "x" * 245 + "&amp;"),
        ("", ""),
    ],
)
def test_a_topic_is_a_short_line_that_rings_nobody(written, text: str, shown: str) -> None:
    assert written(text) == shown


@given(ANY.map(lambda text: text * 3))
def test_any_text_becomes_a_topic_that_slack_takes(text: str) -> None:
    shown = topic(text)
    assert len(shown) <= 250
    assert "\n" not in shown
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown)
