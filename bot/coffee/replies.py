"""What is answered to whoever did something over the coffee: what changed, and how to undo it. In English, as all answers are."""

from __future__ import annotations

from dataclasses import replace

from bot.chat.document import Document, Line, Mention, Paragraph, Text, clean, line, plain
from bot.chat.implied import repeatable
from bot.chat.marked import marked
from bot.coffee.board import Coffee, Takeaway, Topic
from bot.coffee.brewed import Did, Told
from bot.coffee.card import SHORT, clock, emoji, short, when
from bot.coffee.closing import BY_MISTAKE
from bot.coffee.house import House
from bot.coffee.sentences import ENGLISH, count, span, spell
from bot.incident.model import Person, Refused


def done(told: Told, house: House) -> Document:
    """What came of one command."""
    said = _said(told, house)
    if said is None:
        return _answer(spell("Nothing changed: it was so already."), tone="info")
    return _answer(*said)


def did_nothing(refused: Refused) -> Document:
    """Why a reaction did nothing, for the eyes of who put it alone."""
    reason = (*line(f"{refused.reason} "), Text("Your reaction did nothing. "), *marked(refused.hint))
    return Document(summary=clean(plain(reason)), blocks=(Paragraph(reason),), tone="refused")


def did_nothing_publicly(refused: Refused, person: Person | None) -> Document:
    """The same where everybody reads it: shorter, and what is theirs alone is not said. `person` None: nobody is named."""
    called: Line = (Mention(person.id, person.name), Text(": ")) if person else ()
    said = f"{refused.reason} That reaction did nothing; `coffee` shows what is yours."
    whole = (*called, *marked(said))
    return Document(summary=clean(plain(whole)), blocks=(Paragraph(whole),), tone="refused")


def several(answers: tuple[Document, ...]) -> Document:
    """What came of several commands of one line, one below the other."""
    if len(answers) == 1:
        return answers[0]
    refused = all(one.tone == "refused" for one in answers)
    return Document(
        summary=" ".join(one.summary for one in answers),
        blocks=tuple(block for one in answers for block in one.blocks),
        tone="refused" if refused else "good",
    )


_UNDO_START = f"`coffee end` within {span(BY_MISTAKE)} takes the start back"

Said = tuple[Line, str]
"""What changed, and behind it, with code between backticks, how it is undone or what comes next."""


def _said(told: Told, house: House) -> Said | None:
    match told.what:
        case (
            Did.ADDED | Did.DROPPED | Did.RESTORED | Did.REWORDED | Did.PUT | Did.TAKEN | Did.TOOK_ALONG | Did.TOOK_BACK
        ):
            return _of_topic(told, told.topic) if told.topic else None
        case Did.BEGAN | Did.DONE:
            return _meeting(told, house)
        case _:
            return _of_coffee(told, told.coffee, house) if told.coffee else None


def _of_topic(told: Told, topic: Topic) -> Said:
    number, text = topic.id, short(topic.text)
    match told.what:
        case Did.ADDED:
            return spell(
                "Topic {n} is on the board{react}: {text}", n=f"{number}", react=_react(told, topic), text=text
            ), _undo(f"drop {number}")
        case Did.DROPPED:
            return spell("Topic {n} is off the board: {text}", n=f"{number}", text=text), _undo(f"restore {number}")
        case Did.RESTORED:
            back = spell(
                "Topic {n} is on the board again{react}: {text}", n=f"{number}", react=_react(told, topic), text=text
            )
            return back, _undo(f"drop {number}")
        case Did.REWORDED:
            before = told.before.text if told.before else ""
            undo = _undo(f"reword {number} {before}") if before and repeatable(before) and len(before) <= SHORT else ""
            return spell("Topic {n} reads now: {text}", n=f"{number}", text=text), undo
        case Did.PUT:
            mine = spell("{dots} on topic {n} ({text}). You have {left} left.", **_counts(told, topic))
            return mine, _undo(f"unvote {number} x{told.count}")
        case Did.TAKEN:
            mine = spell("{dots} off topic {n} ({text}). You have {left} left.", **_counts(told, topic))
            return mine, _undo(f"vote {number} x{told.count}")
        case _:
            return _takeaway(told, topic)


def _takeaway(told: Told, topic: Topic) -> Said:
    number, takeaway = f"{topic.id}", told.takeaway or Takeaway("")
    text = short(takeaway.text)
    if told.what is Did.TOOK_ALONG:
        parts = {"k": f"{takeaway.number}", "n": number, "of": _of(told.coffee, topic), "taken": text}
        return spell("Noted as takeaway {k}, with topic {n}{of}: {taken}", **parts), _undo(f"untake {takeaway.number}")
    gone = spell("Takeaway {k} is off topic {n}: {taken}", k=f"{takeaway.number}", n=number, taken=text)
    again = _undo(f"takeaway #{number} {takeaway.text}") if repeatable(takeaway.text) and text == takeaway.text else ""
    return gone, again or f"`coffee takeaway #{number} TEXT` notes another."


def _of(coffee: Coffee | None, topic: Topic) -> str:
    """Which topic that is, where people no more have it before their eyes."""
    over = coffee is not None and not coffee.status.live
    return f" of the last coffee ({short(topic.text)})" if over else ""


def _counts(told: Told, topic: Topic) -> dict[str, str]:
    dots = ENGLISH.dots
    left = count(dots, told.left) if told.left else "none"
    return {"dots": count(dots, told.count), "n": f"{topic.id}", "text": short(topic.text), "left": left}


def _react(told: Told, topic: Topic) -> str:
    """What to react with, where there is a board to react to."""
    return f" as {emoji(topic)}" if emoji(topic) and told.coffee else ""


def _meeting(told: Told, house: House) -> Said:
    """Another topic begins, or none does any more."""
    before, then, coffee = told.topic, told.then, told.coffee
    taken = f" · take the takeaway back: `coffee untake {told.takeaway.number}`" if told.takeaway else ""
    if then is None or coffee is None or coffee.until is None:
        if before is None:
            return spell(
                "The coffee begins, and there are no topics yet."
            ), f"`coffee add TEXT` brings one up, {_UNDO_START}."
        back = f" · back to it: `coffee topic {before.id}`"
        return spell(
            "That was the last topic."
        ), f"`coffee add TEXT` brings one up, `coffee end` ends the coffee.{back}{taken}"
    began = spell("Now, until {until}: {text}", text=short(then.text), until=clock(coffee.until, house))
    if before is not None:
        return began, f"back to the one before: `coffee topic {before.id}`{taken}"
    if coffee.began == coffee.since:
        return began, f"`coffee next` goes on to the next topic, {_UNDO_START}."
    return began, f"`coffee next` goes on to the next topic, `coffee end` ends the coffee.{taken}"


def _of_coffee(told: Told, coffee: Coffee, house: House) -> Said | None:
    # Answers are in English whatever the house speaks.
    at = when(coffee.starts_at, replace(house, language="en"))
    match told.what:
        case Did.CALLED:
            return spell("The coffee on {when} is called.", when=at), "`coffee skip` leaves it out."
        case Did.MOVED:
            return spell("The coffee is on {when} now.", when=at), "`coffee skip` leaves it out."
        case Did.ORDERED:
            return spell("The agenda stands, by dots."), "`coffee order` orders it anew, `coffee start` begins."
        case Did.NOT_BEGUN:
            back = spell("The coffee has not begun after all: topics and dots are as they were.")
            leave = ", `coffee skip` says that it does not take place" if coffee.status.live else ""
            return back, f"`coffee start` begins it{leave}."
        case Did.THUMB | Did.NO_THUMB:
            up = sum(coffee.thumbs.values())
            thumbs = spell("Thumbs so far: {up} up, {down} down.", up=f"{up}", down=f"{len(coffee.thumbs) - up}")
            return thumbs, "`coffee up` and `coffee down` change yours."
        case Did.RESUMED:
            taken_up = f"`coffee topic {coffee.last}` takes up the last topic again, " if coffee.last else ""
            goes_on = f"{taken_up}`coffee next` begins the next one, `coffee end` ends it."
            return spell("The coffee goes on. Its dots are gone, its agenda is as it was."), goes_on
        case Did.OVER:
            length = span(coffee.ended - coffee.began) if coffee.ended and coffee.began else "no time"
            over = spell("The coffee is over after {length}. What was not talked about stays.", length=length)
            more = "`coffee minutes` shows the minutes, `coffee takeaway #N TEXT` adds to them"
            return over, f"{more}, `coffee start` within {span(BY_MISTAKE)} goes on."
        case Did.SKIPPED:
            skipped = spell("The coffee on {when} does not take place. Its topics stay.", when=at)
            return skipped, "`coffee start` holds one all the same."
        case _:
            return None


def _undo(line: str) -> str:
    return f"undo: `coffee {line}`"


def _answer(said: Line, then: str = "", tone: str = "good") -> Document:
    whole = (*said, Text(" · "), *marked(then)) if then else said
    return Document(summary=clean(plain(said)), blocks=(Paragraph(whole),), tone=tone)
