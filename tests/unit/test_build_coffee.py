"""What people type over the lean coffee, and what it means."""

from dataclasses import replace

import pytest

from bot.chat.parse import Question, parse
from bot.incident.commands import coffee as c
from bot.incident.model import Refused
from tests.unit.test_parse import ELSEWHERE, ROOM

COMMANDS = [
    ("coffee add Why do OSDs flap?", c.AddTopic(text="Why do OSDs flap?", by="ana")),
    ('coffee add "3 things about BGP"', c.AddTopic(text="3 things about BGP", by="ana")),
    ("coffee add topic Who reads runbooks", c.AddTopic(text="Who reads runbooks", by="ana")),
    ("add coffee topic: who reads runbooks", c.AddTopic(text="who reads runbooks", by="ana")),
    ("coffee add topic", c.AddTopic(text="topic", by="ana")),
    ("coffee new latency=3s since INC-5", c.AddTopic(text="latency=3s since INC-5", by="ana")),
    ("Kaffee add Wer liest Runbooks?", c.AddTopic(text="Wer liest Runbooks?", by="ana")),
    ("coffee vote 3", c.PutDots(topic=3, voter="")),
    ("vote coffee #3", c.PutDots(topic=3, voter="")),
    ("coffee 3 vote", c.PutDots(topic=3, voter="")),
    ("coffee dot 3 x2", c.PutDots(topic=3, voter="", count=2)),
    ("coffee vote for topic 3 2x", c.PutDots(topic=3, voter="", count=2)),
    ("coffee vote 3 3", c.PutDots(topic=3, voter="", count=2)),
    ("coffee unvote 3", c.TakeDots(topic=3, voter="")),
    ("coffee unvote 3 x1", c.TakeDots(topic=3, voter="", count=1)),
    ("coffee drop 3", c.DropTopic(topic=3)),
    ("drop coffee topic 3", c.DropTopic(topic=3)),
    ("coffee restore 3", c.RestoreTopic(topic=3)),
    ("coffee reword 3 Why OSDs flap", c.RewordTopic(topic=3, text="Why OSDs flap")),
    ("coffee rename 3: Why OSDs flap", c.RewordTopic(topic=3, text="Why OSDs flap")),
    ("coffee order", c.OrderAgenda()),
    ("coffee start", c.StartCoffee()),
    ("start coffee now", c.StartCoffee()),
    ("coffee next", c.NextTopic()),
    ("coffee next topic", c.NextTopic()),
    ("coffee next We alert on slow OSDs", c.NextTopic(takeaway="We alert on slow OSDs", by="ana")),
    ("coffee topic 3", c.TakeUpTopic(topic=3)),
    ("coffee up", c.GiveThumb(voter="", up=True)),
    ("coffee 👎", c.GiveThumb(voter="", up=False)),
    ("coffee takeaway #3 Read it aloud", c.NoteTakeaway(text="Read it aloud", by="ana", topic=3)),
    ("coffee takeaway 3 hosts need labels", c.NoteTakeaway(text="3 hosts need labels", by="ana")),
    ("coffee takeaway drop hosts early", c.NoteTakeaway(text="drop hosts early", by="ana")),
    ("coffee takeaway drop 2", c.DropTakeaway(takeaway=2)),
    ("coffee untake 2", c.DropTakeaway(takeaway=2)),
    ("coffee untake", c.DropTakeaway()),
    ("coffee takeaway Read the runbook aloud", c.NoteTakeaway(text="Read the runbook aloud", by="ana")),
    ("coffee end", c.EndCoffee()),
    ("end coffee", c.EndCoffee()),
    ("skip coffee", c.SkipCoffee()),
    # And not the incident of the room, which has these verbs too.
    ("cancel coffee", c.SkipCoffee()),
    ("close coffee", c.EndCoffee()),
]


@pytest.mark.parametrize("where", [ROOM, ELSEWHERE], ids=["in a room", "elsewhere"])
@pytest.mark.parametrize(("line", "command"), COMMANDS)
def test_a_line_about_the_coffee_is_its_command_and_about_no_incident(line, command, where):
    do = parse(line, where)
    assert (do.command, do.incident, do.verb, do.then) == (command, None, "coffee", ())


@pytest.mark.parametrize("line", ["coffee vote 3 x2 5", "coffee vote 3,3,5", "coffee vote 3 2x and 5"])
def test_one_line_puts_dots_on_several_topics(line):
    do = parse(line, ROOM)
    assert (do.command, *do.then) == (c.PutDots(topic=3, voter="", count=2), c.PutDots(topic=5, voter=""))


def test_one_line_takes_dots_off_several_topics():
    do = parse("coffee unvote 3 5", ROOM)
    assert (do.command, *do.then) == (c.TakeDots(topic=3, voter=""), c.TakeDots(topic=5, voter=""))


@pytest.mark.parametrize(
    ("line", "args"),
    [
        ("coffee", {}),
        ("show coffee", {}),
        ("list coffee", {}),
        ("coffee topics", {}),
        ("coffee minutes", {"minutes": "last"}),
        ("coffee minutes 12", {"minutes": "12"}),
        ("coffee link", {"link": "yes"}),
        ("coffee calendar", {"link": "yes"}),
    ],
)
def test_what_only_shows_something_is_a_question(line, args):
    assert parse(line, ROOM) == Question("coffee", None, args)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("coffee add", "`coffee add` needs some words. For example: `coffee add Why do OSDs flap?`"),
        ("coffee vote", "`coffee vote` needs the number of a topic. For example: `coffee vote 3`"),
        ("coffee vote OSDs", "`OSDs` is no number of a topic. `coffee` shows them with their numbers."),
        ("coffee vote 3 x0", "`x0` is no number of dots. For example: `coffee vote 3 x2`"),
        ("coffee vote 1 2 3 4 5 6 7 8 9 10 11", "11 topics are too many for one line. Up to 10 go into one."),
        ("coffee vot 3", "I do not know `coffee vot`. Did you mean `coffee vote 3`?"),
        ("coffee ad Why?", "I do not know `coffee ad`. Did you mean `coffee add Why?`?"),
        ("coffee re 3", "I do not know `coffee re`. Did you mean `coffee add re 3`?"),
        ("coffee takaway Read it", "Did you mean `coffee takeaway Read it`?"),
        ("coffee 3", "What about topic 3? `coffee vote 3` puts a dot on it."),
        ("coffee Why do OSDs flap?", "I do not know `coffee Why`. Did you mean `coffee add Why do OSDs flap?`?"),
        ("coffee topic Why do OSDs flap?", "Did you mean `coffee add Why do OSDs flap?`?"),
        ("coffee drop", "`coffee drop` needs the number of a topic."),
        ("coffee drop 3 4", "`coffee drop` takes one number. For example: `coffee drop 3`"),
        ("coffee reword Why", "`coffee reword` needs the number of a topic."),
        ("coffee reword 3", "`coffee reword` needs its new words."),
        ("coffee start with OSDs", "`coffee start` takes no more words. Leave out `with OSDs`."),
        ("coffee minutes of last week", "`coffee minutes` needs the number of a coffee."),
        ("coffee takeaway", "`coffee takeaway` needs some words."),
        ("coffee when", "I do not know `coffee when`. `help coffee` says what there is."),
        ("coffee undo", "Over coffee each line has its own way back. The answer to it names it"),
        ("coffee undo 3", "Over coffee each line has its own way back."),
    ],
)
def test_what_is_not_clear_is_asked_about_with_the_line_that_may_be_meant(line, said):
    with pytest.raises(Refused) as caught:
        parse(line, ROOM)
    assert said in f"{caught.value.reason} {caught.value.hint}"


@pytest.mark.parametrize("line", ["coffee help", "coffee ?", "coffee Hilfe", "coffee --help"])
def test_who_asks_what_there_is_over_coffee_is_told(line):
    asked = parse(line, ROOM)
    assert isinstance(asked, Question)
    assert (asked.verb, asked.args) == ("help", {"verb": "coffee"})


def test_a_word_of_the_coffee_alone_is_taken_for_one_when_nothing_is_open():
    with pytest.raises(Refused, match="I do not know `vote`") as quiet:
        parse("vote 3", replace(ELSEWHERE, open=()))
    assert quiet.value.hint == "Did you mean `coffee vote`?"
    for word in ("end", "next", "restore the backup"):
        with pytest.raises(Refused) as busy:
            parse(word, ROOM)
        assert "coffee" not in busy.value.hint
