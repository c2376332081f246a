"""Which Matrix messages are lines, and what they point to."""

import pytest

from adapters.chat.matrix.addressed import Addressing

ADDRESSING = Addressing("@klatsch:example.org", "incident")


@pytest.mark.parametrize(
    "event", ["", "no", "!room:example.org", "../../state", "$" + "x" * 255, "$" + "ä" * 128, 7, None, ["$a"], {}]
)
def test_what_is_no_id_of_an_event_points_nowhere(event: object) -> None:
    """No homeserver can answer for it, and what cannot be answered is asked for again."""
    relation = {"event_id": event, "key": "📌"}
    newer = {"msgtype": "m.text", "body": "!incident resolve", "m.new_content": {}}
    assert ADDRESSING.edited({**newer, "m.relates_to": {"rel_type": "m.replace", **relation}}) is None
    assert ADDRESSING.reacted_to({"m.relates_to": {"rel_type": "m.annotation", **relation}}) is None
    assert ADDRESSING.replied_to({**newer, "m.relates_to": {"m.in_reply_to": relation}}) is None


@pytest.mark.parametrize("content", [{}, {"m.relates_to": 7}, {"m.relates_to": {"rel_type": "m.thread"}}])
def test_what_is_no_reaction_is_none(content: dict[str, object]) -> None:
    assert ADDRESSING.reacted_to(content) is None


def test_a_reaction_has_a_message_and_an_emoji_of_bounded_length() -> None:
    relation = {"rel_type": "m.annotation", "event_id": "$a", "key": "📌" * 1_000}
    assert ADDRESSING.reacted_to({"m.relates_to": relation}) == ("📌" * 64, "$a")
    assert ADDRESSING.reacted_to({"m.relates_to": {**relation, "key": 7}}) is None


def pill(name: str, user: str = "@klatsch:example.org", before: str = "") -> str:
    return f'{before}<a href="https://matrix.to/#/{user}">{name}</a>: status'


@pytest.mark.parametrize(
    ("body", "html", "line"),
    [
        ("Incident Bot: status", pill("Incident Bot"), "status"),
        ("Incident Bot status now", pill("Incident Bot", "%40klatsch%3Aexample.org"), "status now"),
        ("R&D <bot>, status", pill("R&amp;D &lt;bot&gt;"), "status"),
        ("Incident Bot", pill("Incident Bot"), ""),
        ("Incident Bot: status", pill("Incident Bot", "@other:example.org"), None),
        ("look, Incident Bot: status", pill("Incident Bot", before="look, "), None),
        ("something else", pill("Incident Bot"), None),
        ("Incident Bot: status", pill("Incident Bot").replace("matrix.to", "evil.example"), None),
        ("Incident Bot: status", 7, None),
    ],
)
def test_the_bot_is_called_by_the_name_its_account_shows(body: str, html: object, line: str | None) -> None:
    """A client that completes a name writes what is shown into the words, and who is meant behind it."""
    content = {
        "msgtype": "m.text",
        "body": body,
        "formatted_body": html,
        "m.mentions": {"user_ids": ["@klatsch:example.org"]},
    }
    assert ADDRESSING.line(content) == line


def test_a_line_is_whole_however_long_and_the_parser_refuses_it() -> None:
    """The beginning of a line would be another line."""
    line = "note " + "x" * 60_000
    assert ADDRESSING.line({"msgtype": "m.text", "body": f"!incident {line}"}) == line


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("> <@klatsch:example.org> 🔴 INC-7 · SEV1\n> Status: investigating\n>\n> Lead: nobody\n\nack", "ack"),
        ("> <@ana:example.org> !incident resolve\n> !incident close\n\n!inc status", "status"),
        ("> one\nnote > two", "note > two"),
        ("> nothing\n> of their own", ""),
        (">\n" * 30_000 + "\nack", "ack"),
        ("ack\n> not theirs", "ack\n> not theirs"),
    ],
)
def test_what_an_older_client_quotes_is_no_part_of_an_answer(body: str, line: str) -> None:
    """The card has many lines, and each of them is quoted."""
    content = {"msgtype": "m.text", "body": body, "m.relates_to": {"m.in_reply_to": {"event_id": "$card"}}}
    assert ADDRESSING.replied_to(content) == "$card"
    assert ADDRESSING.reply_line(content) == line
