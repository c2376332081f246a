"""A near miss from its one line to its removal: what whoever told it can do later, by name and without one, and what is said to them."""

from __future__ import annotations

import pytest

from bot.coffee.board import Topic
from bot.incident.model import Status
from tests.contract.stage import Stage
from tests.contract.test_drills import Talk

NEARLY = "Nearly drained the wrong rack"


@pytest.fixture
def talk(stage: Stage) -> Talk:
    return Talk(stage)


def topics(stage: Stage) -> list[Topic]:
    return [one for one in stage.world.lookups.board().topics.values() if one.state == "open"]


@pytest.mark.parametrize("anonymous", [False, True])
async def test_it_is_told_corrected_and_taken_back_in_a_line_each(stage: Stage, talk: Talk, anonymous: bool):
    told = (await talk.says(f"nearmiss {'anonymous ' * anonymous}{NEARLY}", "incidents")).to_plain()
    back = "INC-1 undo e1" if anonymous else "INC-1 undo"
    assert f"INC-1 is recorded as a near miss, sev4: {NEARLY} · undo: {back}" in told
    assert [(one.text, one.by) for one in topics(stage)] == [(NEARLY, "" if anonymous else "ana")]
    await talk.says("INC-1 rename Nearly drained rack 4", "incidents")
    assert [one.text for one in topics(stage)] == ["Nearly drained rack 4"]
    await talk.says("INC-1 undo", "incidents")
    assert [one.text for one in topics(stage)] == [NEARLY]
    taken = (await talk.says(f"{back} e1".replace("e1 e1", "e1"), "incidents")).to_plain()
    assert taken == "INC-1 · Taken back: it is cancelled"
    assert (stage.incident().status, topics(stage)) == (Status.CANCELLED, [])


async def test_one_that_was_none_is_cancelled_with_the_reason_and_that_is_taken_back(stage: Stage, talk: Talk):
    """It is over when it is told; that is no reason to say `reopen` first."""
    await talk.says(f"nearmiss {NEARLY}", "incidents")
    said = (await talk.says("INC-1 cancel reason=it was the right one", "incidents")).to_plain()
    assert said.startswith("INC-1 · Cancelled: it was the right one · undo: INC-1 undo")
    assert (stage.incident().status, topics(stage)) == (Status.CANCELLED, [])
    await talk.says("INC-1 undo", "incidents")
    assert stage.incident().status is Status.RESOLVED
    await talk.says("INC-1 close", "incidents")
    refused = (await talk.says("INC-1 cancel", "incidents")).to_plain()
    assert refused == "INC-1 is closed and cannot be cancelled.\nreopen it first."


async def test_who_told_it_without_a_name_has_no_more_right_than_others_and_is_told_so(stage: Stage, talk: Talk):
    told = (await talk.says(f"nearmiss anonymous {NEARLY}", "incidents")).to_plain()
    assert "Anybody may take it back, with INC-1 undo e1, and is named for that." in told
    # "My last one" is nobody's: there it would have said whose it was.
    for by in ("ana", "ben"):
        refused = await talk.says("INC-1 undo", "incidents", by)
        assert refused.tone == "refused"
        assert refused.to_plain().startswith("There is nothing of yours to undo here."), by
    assert (await talk.says("INC-1 undo e1", "incidents", "ben")).tone == "good"
    assert [one.by for one in stage.world.lookups.history(1)] == ["", "ben", "ben"]
