"""Sends a page as a text message or makes a call of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from adapters.excerpt import excerpt
from adapters.http import Http, json_object, json_or_nothing
from adapters.paging.phones import reached_at
from adapters.paging.twilio.config import Config
from adapters.paging.twilio.sms import body
from adapters.paging.twilio.voice import key_url, page_twiml
from adapters.paging.wording import link, secrets_of
from bot.answering import PageAnswers
from bot.incident.model import Person
from bot.mounted import ASGI
from bot.ports import Attempt, PageMessage, Pager, Rejected

YES = range(200, 300)

_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")

# https://www.twilio.com/docs/api/errors
_NUMBER = frozenset({13223, 13224, 21201, 21211, 21214, 21217, 21401, 21604, 21614})
_SENDER = frozenset({21210, 21212, 21213, 21603, 21606, 21659, 21660})
_SERVICE = frozenset({21701, 21703, 21704, 21705})
_CALLBACK = frozenset({21205, 21609})
_COUNTRY = frozenset({13227, 21215, 21408})


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`."""
    return Twilio(name, config, http)


class Twilio:
    """A `Pager`. Twilio has no key by which it knows a request again: if it took the first try and only its answer was lost, the
    second is a second message, or a second call. Never none."""

    def __init__(self, name: str, config: Config, http: Http) -> None:
        self._name = name
        self._config = config
        self._http = http
        self._calls = config.channel == "voice"
        self._url = (
            f"{config.url}2010-04-01/Accounts/{config.account_sid}/{'Calls' if self._calls else 'Messages'}.json"
        )
        self._auth_token = config.auth_token.get_secret_value()
        self._secrets = (self._auth_token, config.api_secret.get_secret_value())

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Hand the message over, or begin the call; answers Twilio's sid of it. Whatever a 2xx says, it is a yes.

        Raises Rejected when the person has no telephone number (naming `people.<id>.phone`), and for what Twilio refuses,
        saying what to check.
        """
        to = self.address(page.person)
        secrets = (*self._secrets, to, *secrets_of(page))
        answer = await self._http.request(
            "POST",
            self._url,
            provider=self._name,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=urlencode(self._fields(to, page)),
            basic=self._config.login,
            # What a 400 is about, its body says by number.
            ok=(*YES, 400),
            done=True,
            secrets=secrets,
            hints=self._hints(),
        )
        said = json_or_nothing(answer)
        if answer.status_code == 400:
            raise Rejected(self._refusal(said, page.person, secrets))
        sid = said.get("sid")
        return sid if isinstance(sid, str) and _SID.fullmatch(sid) else ""

    async def probe(self) -> None:
        """Ask for the newest message or call: that shows that the account is there and lets us in, also with a key that may not look
        at the account itself. Raises Unavailable or Rejected."""
        answer = await self._http.request(
            "GET",
            f"{self._url}?PageSize=1",
            provider=self._name,
            basic=self._config.login,
            ok=(200,),
            secrets=self._secrets,
            hints=self._hints(),
        )
        if not isinstance(json_object(answer, provider=self._name).get("calls" if self._calls else "messages"), list):
            raise Rejected(f"{self._name}: answered, but not in Twilio's words; check paging.{self._name}.url")

    def address(self, person: Person) -> str:
        """The person's telephone number. Raises Rejected when there is none."""
        return reached_at(person, "phone", way=self._name)

    def answered(self, answers: PageAnswers, address: str) -> Mapping[str, ASGI]:
        """As `bot.answering.HearsAnswers`: the key in a call, replies to messages, and who was not reached. Without an address, or
        without the token that proves who sent it, nothing is heard."""
        if not (address and self._auth_token):
            return {}
        # Only who listens needs the web framework.
        from adapters.paging.twilio.answers import Answers

        heard = Answers(self._name, self._auth_token, answers, address)
        return heard.of_calls() if self._calls else heard.of_messages()

    def _fields(self, to: str, page: PageMessage) -> dict[str, str]:
        token = page.ack_url.rpartition("/")[2] if link(page.ack_url) else ""
        told = page.answer_url if self._auth_token and token else ""
        fields = {"To": to}
        if self._calls:
            fields["Twiml"] = page_twiml(page, key_url(told, token, page) if told else "")
        else:
            fields["Body"] = body(page, replies=self._config.replies and bool(told))
        if self._config.messaging_service:
            fields["MessagingServiceSid"] = self._config.messaging_service
        else:
            fields["From"] = self._config.sender
        if told:
            fields["StatusCallback"] = f"{told}/status?{urlencode({'token': token})}"
        return fields

    def _hints(self) -> dict[int, str]:
        block = f"paging.{self._name}"
        login = f"{block}.api_key and {block}.api_secret" if self._config.api_key else f"{block}.auth_token"
        return {
            401: f"check {login}, and {block}.account_sid",
            403: f"check {login}, and what it may do",
            404: f"check {block}.account_sid and {block}.url",
        }

    def _refusal(self, said: Mapping[str, Any], person: Person, secrets: tuple[str, ...]) -> str:
        code, message = said.get("code"), said.get("message")
        number = f" {code}" if isinstance(code, int) else ""
        quoted = f": {excerpt(message, secrets)}" if isinstance(message, str) else ""
        advice = self._advice(code, person) if isinstance(code, int) else ""
        return f"{self._name}: Twilio refused it with error{number or ' 400'}{quoted}{f' ({advice})' if advice else ''}"

    def _advice(self, code: int, person: Person) -> str:
        block = f"paging.{self._name}"
        if code in _NUMBER:
            return f"check people.{person.id}.phone"
        if code in _SENDER:
            return f"check {block}.{'messaging_service' if self._config.messaging_service else 'from'}"
        if code in _SERVICE:
            return f"check {block}.messaging_service"
        if code in _CALLBACK:
            return "check http.public_url: Twilio must reach it"
        if code in _COUNTRY:
            return "allow the country of their number in the account's geographic permissions"
        if code == 21610:
            return f"{person.id} replied STOP to this number, and must send START to it"
        if code in (21608, 21219):
            return f"a trial account reaches verified numbers only: verify people.{person.id}.phone, or upgrade"
        return ""
