"""Where the digest and the coffee's board are shown, as people write it."""

from __future__ import annotations

import pytest

from bot.destinations import EXAMPLE, Destination, Mailbox, Nowhere, Place, all_of, destinations

ALL, SMTP = ("slack", "matrix", "console"), ("email",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("announce", (Place("slack"), Place("matrix"), Place("console"))),
        ("slack", (Place("slack"),)),
        ("matrix", (Place("matrix"),)),
        ("console", (Place("console"),)),
        ("#ops", (Place("slack", "#ops"),)),
        ("slack:C012", (Place("slack", "C012"),)),
        ("slack:#ops", (Place("slack", "#ops"),)),
        ("#ops:example.org", (Place("matrix", "#ops:example.org"),)),
        ("!opaque:example.org", (Place("matrix", "!opaque:example.org"),)),
        ("matrix:#ops:example.org", (Place("matrix", "#ops:example.org"),)),
        ("console:ops", (Place("console", "ops"),)),
        ("ops@example.org", (Mailbox("email", "ops@example.org"),)),
        ("email:ops+weekly@example.org", (Mailbox("email", "ops+weekly@example.org"),)),
    ],
)
def test_each_way_to_write_a_place(text: str, found: tuple[Destination, ...]) -> None:
    assert destinations(text, ALL, SMTP) == found


@pytest.mark.parametrize(
    ("text", "platforms", "mailers", "message", "remedy"),
    [
        ("anounce", ALL, SMTP, "it is no place where something can be shown", "Did you mean `announce`?"),
        ("slak", ALL, SMTP, "it is no place where something can be shown", "Did you mean `slack`?"),
        ("ops", ALL, SMTP, "it is no place where something can be shown", EXAMPLE),
        ("teams:ops", ALL, SMTP, "it is no place where something can be shown", EXAMPLE),
        ("", ALL, SMTP, "it is no place where something can be shown", EXAMPLE),
        (
            "slack",
            ("matrix", "console"),
            SMTP,
            "`slack` is not configured under `chat:`",
            "Configure it, or write one of: `matrix`, `console`.",
        ),
        ("#ops", (), SMTP, "`slack` is not configured under `chat:`", "Configure it, or write a mail address."),
        ("slack:", ALL, SMTP, "it names no room", EXAMPLE),
        ("# ops", ALL, SMTP, "it names no room", EXAMPLE),
        ("ops@example.org", ALL, (), "nothing under `paging:` sends mail", "Add a block of type smtp there."),
        (
            "ops@example.org",
            ALL,
            ("email", "relay"),
            "several blocks under `paging:` send mail",
            "Say which: `email:ops@example.org` or `relay:ops@example.org`.",
        ),
        (
            "emial:ops@example.org",
            ALL,
            SMTP,
            "no such block under `paging:` sends mail",
            "Did you mean `email:ops@example.org`?",
        ),
        ("ops@example.org, a@example.org", ALL, SMTP, "it is no place where something can be shown", EXAMPLE),
        ("ops..x@example.org", ALL, SMTP, "it is no place where something can be shown", EXAMPLE),
        ("ops.@example.org", ALL, SMTP, "it is no place where something can be shown", EXAMPLE),
        ("ops@example..org", ALL, SMTP, "it is no place where something can be shown", EXAMPLE),
        ("öps@example.org", ALL, SMTP, "it is no place where something can be shown", EXAMPLE),
        ("ops@example.org\nBcc: a@example.org", ALL, SMTP, "it is no place where something can be shown", EXAMPLE),
    ],
)
def test_what_leads_nowhere_is_told_with_what_to_do(
    text: str, platforms: tuple[str, ...], mailers: tuple[str, ...], message: str, remedy: str
) -> None:
    with pytest.raises(Nowhere) as told:
        destinations(text, platforms, mailers)
    assert (told.value.message, told.value.remedy, str(told.value)) == (message, remedy, message)


def test_a_place_that_is_written_twice_is_one() -> None:
    assert all_of(["announce", "slack", "email:a@example.org", "a@example.org"], ("slack",), SMTP) == (
        Place("slack"),
        Mailbox("email", "a@example.org"),
    )
    assert all_of(["announce"], (), ()) == ()


@pytest.mark.parametrize("text", ["announce", "slack:C012", "email:ops@example.org"])
def test_a_place_in_words_leads_to_itself(text: str) -> None:
    for place in destinations(text, ("slack",), SMTP):
        said = str(place).removesuffix(":")
        assert destinations(said, ("slack",), SMTP) == (place,)
