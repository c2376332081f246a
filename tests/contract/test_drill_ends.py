"""How a drill ends: by one line, for everybody to see, and nothing real with it."""

from __future__ import annotations

import pytest

from bot.chat.drilled import BANNER, OVER
from bot.incident.model import Status
from tests.contract.stage import Stage
from tests.contract.test_drills import Talk, a_past


@pytest.fixture
def talk(stage: Stage) -> Talk:
    return Talk(stage)


@pytest.mark.parametrize("opening", ["drill INC-1 speed=20x", "drill Rack loss"])
async def test_one_line_ends_it_and_says_so_wherever_it_is_shown(stage: Stage, talk: Talk, opening: str):
    await a_past(stage)
    opened = (await talk.says(opening)).to_plain()
    assert "INC-2 drill end ends" in opened
    # What is said of the replay is said once.
    assert opened.count("come again") == ("INC-1" in opening)
    await stage.settle()
    refused = await talk.says("INC-1 drill end")
    assert refused.to_plain().startswith("INC-1 is no drill.")
    assert "This drill is over." not in stage.card("inc-2")
    answer = await talk.says("drill stop", "inc-2")
    assert answer.blocks[:2] == (BANNER, OVER)
    await stage.settle()
    assert stage.incident(2).status is Status.RESOLVED
    assert [state for kind, state, _ in stage.effects("wake_replay")] == ["cancelled"] * ("INC-1" in opening)
    last = stage.rooms["console"].messages("inc-2")[-1].document
    shown = [last.to_plain(), stage.card("inc-2"), stage.announced()[-1]]
    assert ["This drill is over." in text for text in shown] == [True] * 3
    assert OVER not in (await talk.says("undo", "inc-2")).blocks
    await stage.settle()
    assert "This drill is over." not in stage.card("inc-2")


async def test_what_is_real_is_ended_by_no_word_about_drills(stage: Stage, talk: Talk):
    await stage.open("Network slow")
    await stage.settle()
    for line in ("drill end", "drill stop", "INC-1 drill over"):
        answer = await talk.says(line, "inc-1")
        assert "INC-1 is no drill. To end it all the same: INC-1 resolve" in " ".join(answer.to_plain().split("\n"))
    assert stage.incident(1).status.open
