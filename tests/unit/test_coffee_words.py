"""How the lean coffee looks and what it says, in both languages: goldens that a person has read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.slack import render
from bot.chat.document import Buttons, Time
from bot.chat.markdown import parse_markdown, to_markdown
from bot.coffee.board import Board, CoffeeStatus, Topic, TopicState
from bot.coffee.brewed import Did, Told
from bot.coffee.card import asked_document, board_document, in_order, topic_document
from bot.coffee.minutes import minutes, minutes_ref, talked_about
from bot.coffee.nameless import nameless
from bot.coffee.replies import done
from bot.coffee.said import IN_THE_ROOM, is_of_it, thumbs, told
from bot.coffee.sentences import GERMAN, SENTENCES, day, moment, span, spell
from tests.coffees import (
    AFTER,
    BEFORE,
    CALLED,
    DISCUSSED,
    MEETING,
    NEARLY,
    OPEN,
    ORDERED,
    OSDS,
    OVER,
    RUNBOOKS,
    RUNNING,
    STARTS,
    TOPICS,
    house,
)
from tests.golden_files import golden
from tests.world import PEOPLE

LANGUAGES = sorted(SENTENCES)
NOW = STARTS - timedelta(days=1)


def shown(*documents):
    return "\n- - -\n\n".join(to_markdown(document) for document in documents)


@pytest.mark.parametrize("coffee", [None, CALLED], ids=["none", "called"])
def test_where_there_is_no_topic_nobody_is_asked_for_a_dot(coffee):
    said = shown(asked_document(Board(coffee=coffee), house("en"), "v9", NOW))
    assert "`coffee add TEXT`" in said
    assert "dots left" not in said
    assert "coffee vote" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_board_is_what_a_person_has_read(language):
    here = house(language)
    boards = [
        Board(),
        Board(TOPICS),
        BEFORE,
        Board(TOPICS, ORDERED),
        MEETING,
        replace(MEETING, coffee=replace(RUNNING, current=0, until=None)),
        Board({1: DISCUSSED}, replace(RUNNING, current=0, until=None)),
        AFTER,
        replace(AFTER, coffee=replace(OVER, minutes="postmortems/coffee-2026-12-03.md")),
        replace(AFTER, coffee=replace(OVER, minutes="https://git.example.org/coffee-2026-12-03.md")),
        Board(TOPICS, replace(CALLED, status=CoffeeStatus.SKIPPED)),
    ]
    golden(f"coffee/board.{language}.md", shown(*(board_document(board, here, NOW) for board in boards)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_in_its_thread_is_what_a_person_has_read(language):
    here = house(language)
    going = replace(RUNNING, current=4)
    many = {id_: replace(OSDS, id=id_, dots={}) for id_ in range(1, 31)}
    said = [
        told("ordered", ORDERED, TOPICS, 0, here),
        told("ordered", replace(ORDERED, agenda=()), {}, 0, here),
        told("ordered", replace(ORDERED, agenda=tuple(many)), many, 0, here),
        told("skipped", CALLED, TOPICS, 0, here),
        told("moved", CALLED, TOPICS, 0, here),
        told("began", going, MEETING.topics, 4, here),
        told("began", going, MEETING.topics, 4, here, before=1),
        told("began", going, MEETING.topics, 2, here, before=1),
        told("began", replace(going, until=STARTS + timedelta(hours=1)), MEETING.topics, 4, here, before=1),
        thumbs(NEARLY, here),
        told("on", going, MEETING.topics, 4, here),
        told("done", going, MEETING.topics, 1, here),
        told("done", going, AFTER.topics, 4, here),
        told("quiet", going, AFTER.topics, 4, here),
        told("over", OVER, AFTER.topics, 0, here),
        told("over", replace(OVER, minutes="https://git.example.org/coffee-2026-12-03.md"), AFTER.topics, 0, here),
        told("over", OVER, TOPICS, 0, here),
    ]
    golden(f"coffee/said.{language}.md", shown(*said))
    # People went on before it was said that they had parted.
    assert told("over", going, MEETING.topics, 0, here) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", ["named", "nameless"])
def test_the_minutes_are_what_a_person_has_read(language, rule):
    unnamed = partial(nameless, people=PEOPLE.values(), instead=SENTENCES[language].somebody)
    here = house(language, **({"anonymous": True, "unnamed": unnamed} if rule == "nameless" else {}))
    golden(f"coffee/minutes.{rule}.{language}.md", minutes(OVER, AFTER.topics, [RUNBOOKS, OPEN], here))


def test_what_is_on_the_board_again_is_in_the_minutes_of_when_it_was_talked_about():
    again = replace(DISCUSSED, state=TopicState.OPEN)
    assert "## 1. Why do OSDs flap" in minutes(OVER, {1: again}, [], house())
    assert minutes(OVER, {1: again}, [], house()) == minutes(OVER, {1: DISCUSSED}, [], house())


def test_topics_are_told_in_the_order_of_the_agenda_and_then_what_was_taken_up_beside_it():
    talked = {id_: replace(DISCUSSED, id=id_, text=f"Topic {id_}") for id_ in (9, 1, 8, 2, 4)}
    other = replace(DISCUSSED, id=7, text="Of another coffee", coffee=2)
    assert [topic.id for topic in talked_about(OVER, {**talked, 7: other})] == [1, 4, 2, 8, 9]


@pytest.mark.parametrize(
    ("began", "ended", "length"),
    [
        (STARTS, STARTS + timedelta(minutes=65), "1 h 5 min"),
        (None, STARTS, "0 s"),
        (STARTS, None, "0 s"),
    ],
)
def test_how_long_people_met_is_said_where_it_is_known(began, ended, length):
    held = replace(OVER, began=began, ended=ended)
    written = minutes(held, {}, [], house())
    assert f"- **Length:** {length}\n" in written
    assert "- **Began:** 10:00 CET\n" in written
    said = told("over", held, {1: DISCUSSED}, 0, house()).to_plain()
    assert ("0 min" if length == "0 s" else length) in said


def test_minutes_of_nothing_say_so_and_count_nobody_who_was_not_there():
    nothing = minutes(OVER, TOPICS, [], house())
    assert "**Talked about:** 0 topics" in nothing
    assert SENTENCES["en"].none_discussed in nothing
    assert SENTENCES["en"].none_discussed not in minutes(OVER, {1: DISCUSSED}, [], house())
    assert "**Voted:**" in nothing
    assert "**Voted:**" not in minutes(replace(OVER, voices=0), TOPICS, [], house())


def test_what_is_gone_from_the_board_is_not_on_the_agenda_that_is_said():
    said = told("ordered", replace(ORDERED, agenda=(1, 99, 2)), TOPICS, 0, house()).to_plain()
    assert "OSDs" in said
    assert "2. Who reads runbooks" in said
    assert "topics more" not in said


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("  ☕ The lean coffee on Thursday", True),
        ("☕ LEAN COFFEE", True),
        ("lean coffee ☕", False),
        ("☕ I read this about the way we hold our own lean coffee", False),
    ],
)
def test_what_begins_as_ours_is_ours(said, ours):
    assert is_of_it(said) is ours


@pytest.mark.parametrize("what", [Did.CALLED, Did.MOVED, Did.SKIPPED])
def test_an_answer_is_in_one_language(what):
    assert "Thu 3 Dec, 10:00 CET" in done(Told(what, coffee=CALLED), house("de")).to_plain()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_to_the_room_is_known_for_ours_and_what_people_say_is_not(language):
    here = house(language)
    for what in IN_THE_ROOM:
        for coffee, topics in ((ORDERED, TOPICS), (replace(ORDERED, agenda=()), {})):
            said = told(what, coffee, topics, 0, here).to_plain()
            assert is_of_it(said)
            assert is_of_it(said.replace("☕", ":coffee:"))
    assert not is_of_it("☕ anybody?")
    assert not is_of_it("Lean coffee on Thursday?")


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_asks_sees_their_own_dots(language):
    here = house(language)
    voters = [asked_document(BEFORE, here, voter, NOW) for voter in ("v1", "v2", "v9")]
    golden(f"coffee/asked.{language}.md", shown(*voters))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", 'None is called by itself: write coffee: into the configuration, and below it cron: "thu 10:00".'),
        (
            "de",
            'Von selbst wird keiner einberufen: Schreib coffee: in die Konfiguration, und darunter cron: "thu 10:00".',
        ),
    ],
)
def test_where_nothing_says_when_the_coffee_is_who_asks_is_told_what_to_write(language, said):
    unplanned, none_called = replace(house(language), planned=False), replace(BEFORE, coffee=None)
    assert said in asked_document(none_called, unplanned, "v1", NOW).to_plain().splitlines()
    assert said not in board_document(none_called, unplanned, NOW).to_plain()
    assert said not in asked_document(none_called, house(language), "v1", NOW).to_plain()
    assert said not in asked_document(BEFORE, unplanned, "v1", NOW).to_plain()


@pytest.mark.parametrize(
    ("began", "until", "late"),
    [
        (2, 50, False),
        (2, 51, True),
        (-30, 20, False),
        (-30, 21, True),
        (120, 170, False),
        (120, 171, True),
        (50, 100, False),
    ],
)
def test_a_topic_that_lasts_longer_than_people_wanted_to_meet_says_so(began, until, late):
    minute = timedelta(minutes=1)
    coffee = replace(RUNNING, began=STARTS + began * minute, until=STARTS + until * minute)
    said = told("began", coffee, MEETING.topics, 4, house("en")).to_plain()
    assert ("past the planned end" in said) is late


@pytest.mark.parametrize("about", ["began", "on", "done", "quiet", "sideways"])
def test_nothing_is_said_of_a_topic_that_is_gone(about):
    assert told(about, RUNNING, {}, 4, house()) is None


@pytest.mark.parametrize("about", ["began", "on"])
def test_nothing_is_said_to_begin_that_is_not_talked_about_any_more(about):
    assert told(about, RUNNING, MEETING.topics, 1, house()) is None
    assert told(about, replace(RUNNING, until=None), MEETING.topics, 4, house()) is None


def test_times_are_instants_so_that_each_reader_sees_their_own():
    document = board_document(MEETING, house(), NOW)
    times = [
        inline for block in document.blocks for inline in getattr(block, "inlines", ()) if isinstance(inline, Time)
    ]
    assert [(one.at, one.text) for one in times] == [(STARTS, "Thu 3 Dec, 10:00 CET"), (RUNNING.until, "10:22 CET")]


def test_a_meeting_that_is_over_offers_nothing_to_press():
    assert [block for block in board_document(AFTER, house(), NOW).blocks if isinstance(block, Buttons)] == []


def test_a_topic_says_who_brought_it_up_unless_the_rule_is_not_to():
    assert "by Ana Ruiz" in to_markdown(board_document(BEFORE, house(), NOW))
    nobody = to_markdown(board_document(BEFORE, house(anonymous=True), NOW))
    assert not [name for name in ("Ana Ruiz", "Ben Okafor", "cleo") if f"by {name}" in nobody]


def test_topics_stand_in_the_order_of_the_agenda_and_then_as_they_can_be_reacted_to():
    assert [topic.id for topic in in_order(BEFORE)] == [1, 2, 4, 7]
    assert [topic.id for topic in in_order(Board(TOPICS, replace(ORDERED, agenda=(7, 4))))] == [7, 4, 1, 2]


def test_a_board_of_two_hundred_topics_is_one_that_a_phone_shows():
    many = {n: Topic(n, f"Topic {n}", STARTS, place=n if n <= 15 else 0) for n in range(1, 201)}
    text = to_markdown(board_document(Board(many, CALLED), house(), NOW))
    assert "- 🍪 \\#15 Topic 15\n" in text
    assert "Topic 16" not in text
    assert "and 185 topics more" in text


SCRIPTS = {
    "latin": "Why do OSDs flap after each reboot of a host? ",
    "arabic": "لماذا تتعطل الأقراص بعد كل إعادة تشغيل للخادم؟ ",
    "cyrillic": "Почему диски отваливаются после каждой перезагрузки? ",
    "code": "`kubectl get pods -A | grep -v Running` and <!channel> my_service_name ",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("letters", [80, 300])
def test_sixty_topics_of_any_script_fit_into_a_message_with_what_to_do_below_them(text, letters):
    long = (text * 10)[:letters].strip()
    many = {n: replace(OSDS, id=n, text=long, place=n if n <= 15 else 0, by="ana") for n in range(1, 61)}
    board = Board(many, replace(ORDERED, agenda=tuple(many)))
    for shown in (
        board_document(board, house(), NOW),
        board_document(replace(board, coffee=CALLED), house("de"), NOW),
        told("ordered", board.coffee, many, 0, house()),
    ):
        assert "The rest was cut" not in str(render.message(shown, {})["blocks"])
        assert len(to_markdown(shown)) < 6_000
    # Who asks for all of them is shown as many as go in, behind what is theirs and what they may do.
    blocks = render.message(asked_document(board, house(), "v1", NOW), {})["blocks"]
    assert "You have no dots left." in str(blocks[0])
    assert any(block["type"] == "actions" for block in blocks)
    assert str(blocks).count("'#") >= 15


def test_of_topics_in_a_list_long_ones_alone_are_cut_and_one_alone_is_not():
    texts = ["Why?" * 5] * 14 + ["w" * 300]
    topics = {n: Topic(n, text, STARTS) for n, text in enumerate(texts, 1)}
    assert "w" * 300 in to_markdown(board_document(Board(topics, CALLED), house(), NOW))
    topics = {n: Topic(n, "w" * 300, STARTS) for n in range(1, 9)}
    text = to_markdown(board_document(Board(topics, CALLED), house(), NOW))
    assert "w" * 149 + "…" in text
    assert "w" * 150 not in text
    board = Board(topics, CALLED)
    assert "w" * 300 in to_markdown(topic_document(topics[2], board, house()))


@pytest.mark.parametrize(
    ("at", "english", "german"),
    [
        (datetime(2026, 12, 3, 9, 0, tzinfo=UTC), "Thu 3 Dec, 10:00 CET", "Do 3. Dez., 10:00 CET"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Fri 1 Jan, 00:30 CET", "Fr 1. Jan., 00:30 CET"),
        (datetime(2026, 6, 1, 8, 0, tzinfo=UTC), "Mon 1 Jun, 10:00 CEST", "Mo 1. Juni, 10:00 CEST"),
    ],
)
def test_dates_are_as_people_read_them(at, english, german):
    assert [moment(at, "Europe/Berlin", SENTENCES[language]) for language in ("en", "de")] == [english, german]


def test_people_meet_where_the_configuration_says_or_else_where_the_calendar_does():
    there = {STARTS: "https://meet.example.org/other"}
    of_calendar = replace(house(link=""), there=lambda at: there.get(at, ""))
    assert "meet.example.org/other" in to_markdown(board_document(BEFORE, of_calendar, NOW))
    assert "meet.example.org/coffee" in to_markdown(board_document(BEFORE, replace(house(), there=there.get), NOW))
    assert "We meet here" not in to_markdown(board_document(BEFORE, house(link=""), NOW))


def test_the_year_is_said_in_minutes():
    assert day(STARTS, "Europe/Berlin", GERMAN, year=True) == "Do 3. Dez. 2026"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=8, seconds=20), "8 min"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(minutes=65), "1 h 5 min"),
        (-timedelta(minutes=5), "0 s"),
    ],
)
def test_lengths_are_in_minutes(length, said):
    assert span(length) == said


def test_minutes_are_called_by_the_day_on_which_people_met():
    assert minutes_ref(OVER, "Europe/Berlin") == "coffee-2026-12-03"
    assert minutes_ref(OVER, "Europe/Berlin", before=1) == "coffee-2026-12-03-2"
    late = replace(OVER, began=datetime(2026, 12, 3, 23, 30, tzinfo=UTC))
    assert minutes_ref(late, "Europe/Berlin") == "coffee-2026-12-04"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ana Ruiz asked Ben", "somebody asked somebody"),
        ("<@U0ANA> and @cleo:example.org", "somebody and somebody"),
        ("ask ana@example.org or @dora", "ask somebody or somebody"),
        ("ana's disk", "somebody's disk"),
        ("bananas on hv-17 at 192.0.2.1", "bananas on hv-17 at 192.0.2.1"),
        ("the topic ana-pages", "the topic somebody"),
        ("mail user@host fails", "mail user@host fails"),
        ("A\u200bna Ru\u00adiz asked", "somebody asked"),
        ("@\u2060dora or Be\u200dn", "somebody or somebody"),
        ("ask https://matrix.to/#/@dora:example.org", "ask somebody"),
        ("ask [her](https://matrix.to/#/%40dora%3Aexample.org)", "ask [her](somebody)"),
        ("see https://matrix.to/#/!room:example.org", "see https://matrix.to/#/!room:example.org"),
    ],
)
def test_a_text_that_is_kept_without_names_names_nobody_and_says_the_rest(text, left):
    assert nameless(text, PEOPLE.values(), "somebody") == left


@given(st.text(max_size=60))
def test_whatever_is_said_no_name_is_left(text):
    kept = nameless(f"{text} Ana Ruiz {text}", PEOPLE.values(), "somebody")
    assert "Ana Ruiz" not in kept


@given(st.text(max_size=80), st.text(max_size=80))
def test_what_people_type_is_text_in_every_message_and_in_the_minutes(topic, takeaway):
    said = replace(DISCUSSED, text=topic, takeaways=(replace(DISCUSSED.takeaways[0], text=takeaway),))
    board = Board({1: said}, OVER)
    here = house()
    written = parse_markdown(minutes(OVER, {1: said}, [replace(OSDS, text=topic)], here))
    plain = parse_markdown(minutes(OVER, {1: DISCUSSED}, [OSDS], here))
    assert [type(block) for block in written][:2] == [type(block) for block in plain][:2]
    assert board_document(board, here, NOW).blocks
    assert told("done", RUNNING, {1: said}, 1, here) is not None


def test_a_part_that_is_filled_in_holds_no_code():
    assert spell("`a` {what}", what="`b` {c}")[1:] == spell(" {what}", what="`b` {c}")
    assert [part.code for part in spell("`a` {what}", what="`b`")] == [True, False, False]
