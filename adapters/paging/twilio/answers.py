"""What Twilio tells us of: a key in a call, a reply to a message, and that somebody was not reached."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from adapters.excerpt import excerpt
from adapters.paging.phones import e164
from adapters.paging.twilio.signatures import NotTwilio, verified
from adapters.paging.twilio.sms import reply
from adapters.paging.twilio.voice import HEADLINE, again_twiml, later_twiml, message_twiml, said_twiml
from bot.answering import NoSuchLink, PageAnswers
from bot.mounted import ASGI
from bot.ports import Overloaded
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

ANSWERED_WITHIN = 9.0
"""Seconds that the database gets; Twilio gives up after fifteen
(https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides)."""

TOO_OLD = "This page is too old to be answered here. Say it to the bot in chat."
WHICH = 'Reply "ack" and the number of the incident, as it stands in the message: "ack 7".'
NOT_STORED = "Your answer could not be stored. Send it again in a moment."

ACK = re.compile(r"(?:ack|acknowledge|acknowledged)[\s:,.!-]*(?:(?:inc[\s-]*|#)?([0-9]{1,9}))?[\s.!]*", re.IGNORECASE)
"""`ack`, `ack 7`, `Ack INC-7.`"""

REASONS: Mapping[str, str] = {
    "busy": "the number is busy",
    "canceled": "it was cancelled at Twilio",
    "failed": "it could not be sent",
    "no-answer": "nobody picked up",
    "undelivered": "it was not delivered",
}
"""What has failed for good, by the status that Twilio tells (https://www.twilio.com/docs/voice/api/call-resource#call-status-values,
https://www.twilio.com/docs/messaging/api/message-resource#message-status-values)."""

CODES: Mapping[str, str] = {
    "30003": "the telephone is off or out of reach",
    "30004": "the carrier or the telephone blocks it",
    "30005": "the number is not known, or not in service",
    "30006": "it is a landline, or its carrier is out of reach",
    "30007": "the carrier took it for spam",
    "30034": "the sender's number is not registered with the carriers",
    "21610": "they replied STOP to this number",
}
"""Why, by Twilio's own number (https://www.twilio.com/docs/api/errors)."""

STORE_TROUBLE = (Overloaded, StoreUnavailable, TimeoutError)

Fields = Mapping[str, str]


class Answers:
    """Hands over to `answers` what is posted below `address`, which is how people outside reach us: that is what Twilio signs."""

    def __init__(self, name: str, auth_token: str, answers: PageAnswers, address: str) -> None:
        self._name = name
        self._token = auth_token
        self._answers = answers
        self._address = address

    def of_calls(self) -> Mapping[str, ASGI]:
        """The key that was pressed, and how a call ended."""
        return {"/key": self._signed("/key", self._key), "/status": self._signed("/status", self._status)}

    def of_messages(self) -> Mapping[str, ASGI]:
        """What is replied to a message, and whether it arrived."""
        return {"": self._signed("", self._message), "/status": self._signed("/status", self._status)}

    def _signed(self, rest: str, answer: Callable[[Fields, Fields, str], Awaitable[Response]]) -> ASGI:
        """403 for who is not Twilio; nothing is done then."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            # As it came: strangers send what is no UTF-8.
            query = str(scope["query_string"], "latin-1")
            url = f"{self._address}{rest}{f'?{query}' if query else ''}"
            headers = request.headers
            signature, media = headers.get("x-twilio-signature", ""), headers.get("content-type", "")
            try:
                fields = verified(self._token, url, signature, await request.body(), media)
            except NotTwilio:
                log.warning(
                    "%s: a request that is not signed by Twilio was turned away; if it was Twilio's, check paging.%s.auth_token and "
                    "http.public_url",
                    self._name,
                    self._name,
                )
                response = Response("The signature is missing or wrong.\n", 403, media_type="text/plain")
            else:
                response = await answer(fields, {name: given[0] for name, given in parse_qs(query).items()}, url)
            await response(scope, receive, send)

        return app

    async def _key(self, fields: Fields, query: Fields, url: str) -> Response:
        """1 acknowledges, every other key says it again."""
        if fields.get("Digits") != "1":
            return _twiml(again_twiml(f"{excerpt(query.get('said', ''), limit=HEADLINE)}.", url))
        try:
            number, person = self._answers.whose(query.get("token", ""))
        except NoSuchLink:
            return _twiml(said_twiml(TOO_OLD))
        try:
            return _twiml(said_twiml(await self._acknowledge(number, person, fields.get("CallSid", ""))))
        except STORE_TROUBLE:
            return _twiml(later_twiml(url))

    async def _message(self, fields: Fields, query: Fields, url: str) -> Response:
        """`ack 7` from the number of somebody we know; strangers hear nothing, nor does who stopped or began to get messages, to whom
        Twilio has replied."""
        person = self._answers.person("phone", _number(fields.get("From", "")))
        if not person or fields.get("OptOutType"):
            return _twiml(message_twiml(""))
        said = ACK.fullmatch(fields.get("Body", "").strip())
        if said is None or not said[1]:
            return _twiml(message_twiml(reply(WHICH)))
        try:
            sentence = await self._acknowledge(int(said[1]), person, fields.get("MessageSid", ""), by_number=True)
        except STORE_TROUBLE:
            sentence = NOT_STORED
        return _twiml(message_twiml(reply(sentence)))

    async def _status(self, fields: Fields, query: Fields, url: str) -> Response:
        """That somebody was not reached; on the way there, and when it is there, nothing is to be done."""
        status = fields.get("MessageStatus") or fields.get("CallStatus") or ""
        if status in REASONS:
            sid = fields.get("MessageSid") or fields.get("CallSid") or ""
            try:
                number, person = self._answers.whose(query.get("token", ""))
            except NoSuchLink:
                return Response(status_code=204)
            try:
                async with asyncio.timeout(ANSWERED_WITHIN):
                    await self._answers.failed(
                        number, person, _reason(status, fields), via=self._name, event=f"{sid}:{status}"
                    )
            except STORE_TROUBLE:
                return Response(status_code=503, headers={"Retry-After": "5"})
        return Response(status_code=204)

    async def _acknowledge(self, number: int, person: str, sid: str, *, by_number: bool = False) -> str:
        async with asyncio.timeout(ANSWERED_WITHIN):
            return await self._answers.acknowledge(
                number, person, via=self._name, event=f"{sid}:ack", by_number=by_number
            )


def _reason(status: str, fields: Fields) -> str:
    code = fields.get("ErrorCode", "")
    known = CODES.get(code) or (f"Twilio's error {code}" if re.fullmatch(r"[1-9][0-9]{0,5}", code) else "")
    return f"{REASONS[status]}{f' ({known})' if known else ''}"


def _number(given: str) -> str:
    """As it is dialled; empty where it is none, like the name of a sender."""
    try:
        return e164(given)
    except ValueError:
        return ""


def _twiml(document: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{document}', media_type="text/xml")
