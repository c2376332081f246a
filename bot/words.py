"""How things are said: the templates and the people's names, put together once. Pure; `bot.perform.Words` is the promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot import rostered
from bot.chat import calling, card, drilled
from bot.chat.document import Document
from bot.chat.links import links
from bot.chat.page import Fired, PageWords, page
from bot.chat.removals import still_told
from bot.chat.templates import Templates
from bot.coffee.weekly.around import Around
from bot.coffee.weekly.edition import Edition
from bot.coffee.weekly.gathered import Gathered
from bot.duty import Duty
from bot.incident.effects import SayHandover
from bot.incident.events import Recorded
from bot.incident.model import Incident, Person
from bot.incident.policy import Policy
from bot.lookups import StoredAlert
from bot.oncall.escalation import Roster, next_people
from bot.oncall.load import Paged
from bot.oncall.schedules import on_call as on_call_at
from bot.ports import RoomLink


class Wording:
    """`zone` is where times are shown, `components` maps a component's id to what customers call it, `duty` knows who is
    on call and who is paged next, `policy` how people are woken."""

    def __init__(
        self,
        templates: Templates,
        people: Mapping[str, Person],
        zone: str,
        components: Mapping[str, str],
        duty: Duty | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._templates = templates
        self._people = people
        self._zone = zone
        self._components = components
        self._duty = duty or Duty(Roster())
        self._policy = policy or Policy()

    def card(self, incident: Incident, now: datetime) -> Document:
        return card.card(
            incident,
            people=self._people,
            zone=self._zone,
            now=now,
            templates=self._templates,
            components=self._components,
            then=next_people(self._duty.roster, incident.paging),
            ways=partial(self._policy.ways, severity=incident.severity),
        )

    def announcement(self, incident: Incident, now: datetime) -> Document:
        link = next((room.link for room in incident.rooms.values() if room.link), "")
        return card.announcement(incident, people=self._people, templates=self._templates, link=link)

    def digest(self, incident: Incident, told: Sequence[Recorded]) -> Document | None:
        digest = card.digest(
            told, people=self._people, zone=self._zone, templates=self._templates, components=self._components
        )
        beside = (*card.proposal(incident, told), *still_told(told))
        return digest and drilled.of(incident, replace(digest, blocks=(*digest.blocks, *beside)))

    def topic(self, incident: Incident) -> str:
        return card.topic(incident, people=self._people, templates=self._templates)

    def links(self, incident: Incident) -> tuple[RoomLink, ...]:
        return tuple(RoomLink(title, url) for title, url in links(incident))

    def redirect(self, incident: Incident) -> Document:
        return card.redirect(incident)

    def left_topic(self, incident: Incident) -> str:
        return card.left_topic(incident)

    def room_name(self, incident: Incident, platform: str) -> str:
        return card.room_name(incident, mark=incident.room_mark(platform), templates=self._templates)

    def handover(self, handover: SayHandover, standing: Sequence[Incident], paged: Sequence[Paged]) -> Document | None:
        return rostered.handover(handover, self._duty.roster, standing, paged, self._people)

    def call_out(self, incident: Incident) -> Document:
        link = next((room.link for room in incident.rooms.values() if room.link), "")
        return calling.call_out(incident, people=self._people, link=link)

    def contacts(self, incident: Incident, now: datetime) -> Document | None:
        on_call = [id_ for schedule in self._duty.roster.schedules.values() for id_ in on_call_at(schedule, now)]
        return calling.contacts(incident, on_call, people=self._people)

    def page(self, incident: Incident, paged: Recorded | None, alerts: Sequence[StoredAlert]) -> PageWords:
        fired = [Fired(alert.labels, alert.annotations) for alert in alerts]
        return page(incident, paged, fired, people=self._people, zone=self._zone, templates=self._templates)

    def drill_log(self, history: Sequence[Recorded], then: Sequence[Recorded]) -> str:
        from bot.postmortem.drill_log import drill_log

        return drill_log(history, then, people=self._people, zone=self._zone)

    def weekly(self, gathered: Gathered, around: Around, language: str, *, alone: bool = False) -> Edition:
        # The digest comes once a week, long after the start.
        from bot.coffee.weekly.digest import weekly
        from bot.coffee.weekly.render import edition

        return edition(weekly(gathered, around), around, self._templates, language, alone=alone)

    def draft(self, incident: Incident, history: Sequence[Recorded]) -> str:
        # Drafts come at the end of an incident, long after the start.
        from bot.postmortem.draft import draft

        return draft(history, people=self._people, zone=self._zone, components=self._components)
