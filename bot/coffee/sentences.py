"""The sentences of the coffee in each language, and how times, lengths and counts are written in them.

In a sentence `{name}` is filled in, and code stands between backticks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.chat.document import Inline, Line, Text, clean
from bot.chat.marked import marked
from bot.coffee import languages
from bot.coffee.languages import Language


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of one `language`. Counts have two forms, of which the first is for one."""

    language: Language
    topics: tuple[str, str]
    dots: tuple[str, str]
    takeaways: tuple[str, str]
    voters: tuple[str, str]
    minutes_of: str
    board: str
    board_on: str
    none_planned: str
    how_to_plan: str
    next_one: str
    vote_now: str
    agenda_stands: str
    now: str
    all_through: str
    waits: str
    is_over: str
    is_skipped: str
    no_topics: str
    and_more: str
    how_to_vote: str
    how_to_type: str
    how_to_type_or_react: str
    how_to_add: str
    meet: str
    join: str
    vote: str
    add: str
    go_next: str
    start: str
    end: str
    by: str
    near_miss: str
    question: str
    agenda: str
    agenda_empty: str
    skipped: str
    moved: str
    began: str
    quiet: str
    late: str
    during: str
    asks: str
    goes_on: str
    done: str
    done_plain: str
    over: str
    over_plain: str
    minutes_lie: str
    left: str
    left_none: str
    yours: str
    began_at: str
    length: str
    voices_heard: str
    discussed: str
    nothing_said: str
    stay: str
    none_discussed: str
    no_names: str
    somebody: str


ENGLISH = Sentences(
    language="en",
    topics=("1 topic", "{n} topics"),
    dots=("1 dot", "{n} dots"),
    takeaways=("1 takeaway", "{n} takeaways"),
    voters=("1 person", "{n} people"),
    minutes_of="Lean coffee on {date}",
    board="☕ Topics for the next lean coffee",
    board_on="☕ Lean coffee on {when}",
    none_planned="No coffee is planned yet.",
    how_to_plan='None is called by itself: write `coffee:` into the configuration, and below it `cron: "thu 10:00"`.',
    next_one="The next one is on {when}.",
    vote_now="Put your dots: what should we talk about?",
    agenda_stands="The agenda stands.",
    now="Now, until {until}: {topic}",
    all_through="All topics are through. `coffee topic N` takes one up again, `coffee end` ends the meeting.",
    waits="Nobody talks about a topic now. `coffee next` begins the next one, `coffee end` ends the meeting.",
    is_over="It is over. Thanks for coming!",
    is_skipped="It does not take place. Its topics stay for the next one.",
    no_topics="No topics yet.",
    and_more="and {topics} more: `coffee` shows all",
    how_to_vote="Put a dot on a topic: react with its emoji, or type `coffee vote` and the number behind its #. Everybody has {dots}.",
    how_to_type="Put a dot on a topic: `coffee vote` and the number behind its #. Everybody has {dots}.",
    how_to_type_or_react="Put a dot on a topic: `coffee vote` and the number behind its #, or its emoji on the board. Everybody has {dots}.",
    how_to_add="Bring up a topic: `coffee add TEXT`, or ☕ on any message.",
    meet="We meet here: ",
    join="join",
    vote="Vote",
    add="Add a topic",
    go_next="Next topic",
    start="Start",
    end="End the meeting",
    by="by {who}",
    near_miss="near miss {ref}",
    question="open question of {ref}",
    agenda="☕ Lean coffee on {when}. The agenda:",
    agenda_empty="☕ Lean coffee on {when}, and no topics yet. `coffee add TEXT` brings one up, `coffee skip` leaves this one out.",
    skipped="☕ The lean coffee on {when} does not take place. Its topics stay for the next one.",
    moved="☕ The lean coffee has been moved in the calendar: it is on {when} now. Topics and dots stay.",
    began="Now, until {until}: {topic}",
    late="That is past the planned end at {end}; `coffee end` ends the meeting.",
    quiet="Nobody has had a word or a thumb for a while, so the clock stands still. `coffee next` begins the next topic, `coffee end` ends the meeting.",
    during="`coffee takeaway TEXT` writes down what we take along, `coffee next` goes on to the next topic.",
    asks="Time is up for “{topic}”. 👍 {extension} more, 👎 enough. We count in {thumbs}, and go on only with more 👍; `coffee up` and `coffee down` count too.",
    goes_on="We stay with “{topic}” until {until}.",
    done="Done with “{topic}” after {length}. We take along:",
    done_plain="Done with “{topic}” after {length}.",
    over="That was it: {topics} in {length}, {takeaways}. Thanks for coming!",
    over_plain="That was it: no topics, {length}. Thanks for coming!",
    minutes_lie="The minutes: {place}",
    left="You have {dots} left.",
    left_none="You have no dots left. `coffee unvote N` frees some.",
    yours="Yours: {list}.",
    began_at="Began",
    length="Length",
    voices_heard="Voted",
    discussed="Talked about",
    nothing_said="Nothing was written down.",
    stay="Topics that stay",
    none_discussed="No topic was talked about.",
    no_names="Under the Chatham House Rule: what was said may be used, and who said it is kept nowhere.",
    somebody="somebody",
)

GERMAN = Sentences(
    language="de",
    topics=("1 Thema", "{n} Themen"),
    dots=("1 Punkt", "{n} Punkte"),
    takeaways=("1 Erkenntnis", "{n} Erkenntnisse"),
    voters=("1 Person", "{n} Personen"),
    minutes_of="Lean Coffee am {date}",
    board="☕ Themen für den nächsten Lean Coffee",
    board_on="☕ Lean Coffee am {when}",
    none_planned="Noch ist kein Lean Coffee geplant.",
    how_to_plan='Von selbst wird keiner einberufen: Schreib `coffee:` in die Konfiguration, und darunter `cron: "thu 10:00"`.',
    next_one="Der nächste ist am {when}.",
    vote_now="Verteilt eure Punkte: Worüber wollen wir reden?",
    agenda_stands="Die Agenda steht.",
    now="Jetzt, bis {until}: {topic}",
    all_through="Alle Themen sind durch. `coffee topic N` nimmt eins noch einmal auf, `coffee end` beendet das Treffen.",
    waits="Gerade ist kein Thema dran. `coffee next` beginnt das nächste, `coffee end` beendet das Treffen.",
    is_over="Er ist vorbei. Danke, dass ihr da wart!",
    is_skipped="Er fällt aus. Die Themen bleiben für den nächsten.",
    no_topics="Noch keine Themen.",
    and_more="und noch {topics}: `coffee` zeigt alle",
    how_to_vote="Einen Punkt auf ein Thema setzen: mit seinem Emoji reagieren, oder `coffee vote` und die Zahl hinter seinem # tippen. Alle haben je {dots}.",
    how_to_type="Einen Punkt auf ein Thema setzen: `coffee vote` und die Zahl hinter seinem # tippen. Alle haben je {dots}.",
    how_to_type_or_react="Einen Punkt auf ein Thema setzen: `coffee vote` und die Zahl hinter seinem # tippen, oder am Board mit seinem Emoji reagieren. Alle haben je {dots}.",
    how_to_add="Ein Thema vorschlagen: `coffee add TEXT`, oder ☕ an einer beliebigen Nachricht.",
    meet="Wir treffen uns hier: ",
    join="beitreten",
    vote="Abstimmen",
    add="Thema vorschlagen",
    go_next="Nächstes Thema",
    start="Anfangen",
    end="Treffen beenden",
    by="von {who}",
    near_miss="Beinahe-Vorfall {ref}",
    question="offene Frage aus {ref}",
    agenda="☕ Lean Coffee am {when}. Die Agenda:",
    agenda_empty="☕ Lean Coffee am {when}, und noch keine Themen. `coffee add TEXT` schlägt eins vor, `coffee skip` lässt ihn ausfallen.",
    skipped="☕ Der Lean Coffee am {when} fällt aus. Die Themen bleiben für den nächsten.",
    moved="☕ Der Lean Coffee ist im Kalender verschoben worden: Er ist jetzt am {when}. Themen und Punkte bleiben.",
    began="Jetzt, bis {until}: {topic}",
    late="Das ist nach dem geplanten Ende um {end}; `coffee end` beendet das Treffen.",
    quiet="Schon länger kam kein Wort und kein Daumen, darum steht die Uhr. `coffee next` beginnt das nächste Thema, `coffee end` beendet das Treffen.",
    during="`coffee takeaway TEXT` hält fest, was wir mitnehmen, `coffee next` geht zum nächsten Thema.",
    asks="Die Zeit für „{topic}“ ist um. 👍 noch {extension}, 👎 genug davon. Wir zählen in {thumbs} und bleiben nur, wenn mehr 👍 da sind; `coffee up` und `coffee down` zählen mit.",
    goes_on="Wir bleiben bei „{topic}“ bis {until}.",
    done="Fertig mit „{topic}“ nach {length}. Wir nehmen mit:",
    done_plain="Fertig mit „{topic}“ nach {length}.",
    over="Das war's: {topics} in {length}, {takeaways}. Danke, dass ihr da wart!",
    over_plain="Das war's: keine Themen, {length}. Danke, dass ihr da wart!",
    minutes_lie="Das Protokoll: {place}",
    left="Du hast noch {dots}.",
    left_none="Du hast keine Punkte mehr. `coffee unvote N` macht welche frei.",
    yours="Deine: {list}.",
    began_at="Beginn",
    length="Dauer",
    voices_heard="Abgestimmt haben",
    discussed="Besprochen",
    nothing_said="Es wurde nichts festgehalten.",
    stay="Themen, die bleiben",
    none_discussed="Es wurde kein Thema besprochen.",
    no_names="Nach der Chatham-House-Regel: Was gesagt wurde, darf verwendet werden; wer es sagte, steht nirgends.",
    somebody="jemand",
)

SENTENCES: Mapping[str, Sentences] = {"en": ENGLISH, "de": GERMAN}
"""By the `language` of the configuration."""

_PARTS = re.compile(r"\{(\w+)\}")


def spell(sentence: str, **parts: str | Inline) -> Line:
    """The sentence with its parts filled in. A text among them is literal, whatever it holds."""
    found: list[Inline] = []
    for place, piece in enumerate(_PARTS.split(sentence)):
        if place % 2 == 0:
            found += marked(piece) if piece else ()
        else:
            part = parts[piece]
            found.append(Text(clean(part)) if isinstance(part, str) else part)
    return tuple(found)


def count(forms: tuple[str, str], n: int) -> str:
    """`1 dot`, `3 dots`."""
    one, many = forms
    return one if n == 1 else many.format(n=n)


def day(at: datetime, zone: str, sentences: Sentences, *, year: bool = False) -> str:
    """`Thu 3 Dec`, as people in `zone` read it."""
    return languages.day(at, ZoneInfo(zone), sentences.language, year=year)


def moment(at: datetime, zone: str, sentences: Sentences) -> str:
    """`Thu 3 Dec, 10:00 CET`."""
    return f"{day(at, zone, sentences)}, {at.astimezone(ZoneInfo(zone)):%H:%M %Z}"


def span(length: timedelta) -> str:
    """`45 s`, `8 min`, `1 h 5 min`: in whole minutes from one on, which both languages write alike."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)
