"""What is said of an effect that will not be done: to its incident, and to the log."""

from __future__ import annotations

import logging

from bot.copies import not_kept
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident.outgoing import Outgoing
from bot.perform import asked
from bot.store import Claimed, Settlement

log = logging.getLogger(__name__)


def failed(item: Claimed, reason: str, more: tuple[Outgoing, ...] = ()) -> Settlement:
    """It is given up, and its incident is told why; of one of no incident `more` is said elsewhere."""
    log.error("%s failed: %s", called(item), reason)
    command: c.Command
    match item.effect:
        case f.SendPage(person=person, way=way, ladder=ladder, step=step, round=round):
            command = c.RecordPage(person=person, way=way, failed=reason, ladder=ladder, step=step, round=round)
        case f.KeepFile():
            command = not_kept(item.effect, reason)
        case _:
            command = c.RecordFailure(effect=f.kind_of(item.effect), provider=provider_of(item.effect), reason=reason)
    ask = None if isinstance(item.effect, f.Unbound) else asked(command, item.incident, item)
    return Settlement(item.id, item.attempt, item.incident, "failed", reason=reason, ask=ask, more=more)


def called(item: Claimed) -> str:
    """`send_page of INC-7`."""
    kind = f.kind_of(item.effect)
    return f"{kind} of INC-{item.incident}" if item.incident else kind


def provider_of(effect: f.Effect) -> str:
    """The block an effect is done by; ours where nothing outside is."""
    match effect:
        case f.Publish(page=page):
            return page
        case f.WriteDraft(publisher=publisher):
            return publisher
        case f.SendPage(way=way) | f.SettlePage(way=way):
            return way
        case f.WriteMinutes(publisher=publisher):
            return publisher
        case f.MailWeeklyDigest(way=way):
            return way
        case f.TellUndelivered(provider=provider):
            return provider
        case (
            f.WakeEscalation()
            | f.WakeReminder()
            | f.WakeArchive()
            | f.WakeReplay()
            | f.RepeatAlerts()
            | f.WakeTimebox()
            | f.WakeThumbs()
        ):
            return "klatsch"
        case _:
            return effect.platform
