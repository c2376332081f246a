"""A fake Twilio that enforces what its documentation says of https://www.twilio.com/docs/messaging/api/message-resource,
https://www.twilio.com/docs/voice/api/call-resource and https://www.twilio.com/docs/voice/twiml, and that calls back as it does:
signed, to the addresses it was given."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit
from xml.etree import ElementTree

import httpx

from tests.contract.servers.http import Answer, HttpServer, Request

ACCOUNT = "AC" + "0a" * 16
KEY = "SK" + "1b" * 16
SERVICE = "MG" + "2c" * 16
OURS = "+15005550006"
STOPPED, LANDLINE, NOBODY = "+491700000001", "+491700000002", "+491700000003"
E164 = re.compile(r"\+[1-9][0-9]{1,14}")
PATH = re.compile(r"/2010-04-01/Accounts/(?P<account>[^/]+)/(?P<what>Messages|Calls)\.json(?:\?(?P<query>.*))?")
SENDER = {"From", "MessagingServiceSid"}
FIELDS = {"Messages": {"To", "Body", "StatusCallback", *SENDER}, "Calls": {"To", "From", "Twiml", "StatusCallback"}}
ATTRIBUTES = {
    "Say": set(),
    "Pause": {"length"},
    "Gather": {"action", "numDigits", "timeout", "finishOnKey", "input"},
}
BODY, TWIML, SAY = 1600, 4000, 4096


class Refused(Exception):
    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


class TwilioServer(HttpServer):
    """`messages` and `calls` are what was asked for, with the sid that each got. `token` is the account's auth token, `secret` that
    of its API key. What is told to `public` is posted to `reached`, where the same app listens, or by `transport`."""

    def __init__(self, token: str, secret: str = "", *, public: str = "https://klatsch.example.org") -> None:
        super().__init__(self._answer)
        self.token, self.secret, self.public = token, secret, public
        self.messages: list[dict[str, str]] = []
        self.calls: list[dict[str, str]] = []
        self.reached = ""
        self.transport: httpx.AsyncBaseTransport | None = None

    def _answer(self, request: Request) -> Answer:
        try:
            return self._done(request)
        except Refused as error:
            more = f"https://www.twilio.com/docs/errors/{error.code}"
            return Answer.of(
                {"code": error.code, "message": str(error), "more_info": more, "status": error.status}, error.status
            )

    def _done(self, request: Request) -> Answer:
        found = PATH.fullmatch(request.target)
        if found is None:
            raise Refused(20404, f"The requested resource {request.target} was not found", 404)
        self._check_login(request.headers.get("authorization", ""))
        if found["account"] != ACCOUNT:
            raise Refused(20404, "The requested resource was not found", 404)
        kept = self.messages if found["what"] == "Messages" else self.calls
        if request.method == "GET":
            size = int(parse_qs(found["query"] or "")["PageSize"][0])
            return Answer.of({found["what"].lower(): kept[-size:], "page": 0, "page_size": size})
        fields = _form(request, FIELDS[found["what"]])
        _check_numbers(fields)
        (_check_message if found["what"] == "Messages" else _check_call)(fields)
        kept.append({"sid": f"{'SM' if found['what'] == 'Messages' else 'CA'}{len(kept):032x}", **fields})
        return Answer.of({**kept[-1], "status": "queued", "account_sid": ACCOUNT}, 201)

    def _check_login(self, given: str) -> None:
        good = {f"{ACCOUNT}:{self.token}"} | ({f"{KEY}:{self.secret}"} if self.secret else set())
        if given not in {f"Basic {base64.b64encode(login.encode()).decode()}" for login in good}:
            raise Refused(20003, "Authenticate", 401)

    async def tell(self, url: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        """Post to an address of the other side, signed; a header that is given replaces ours."""
        assert url.startswith(self.public)
        given = {
            "X-Twilio-Signature": signed(self.token, url, fields),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with httpx.AsyncClient(transport=self.transport, trust_env=False, timeout=30) as client:
            return await client.post(
                url.replace(self.public, self.reached), content=urlencode(fields), headers={**given, **headers}
            )

    async def reply(self, sender: str, body: str, *, at: str, sid: str = "SM" + "e" * 32, **more: str) -> str:
        """Somebody answers to a message; the text that they get back, empty: none."""
        fields = {"MessageSid": sid, "AccountSid": ACCOUNT, "From": sender, "To": OURS, "Body": body, "NumMedia": "0"}
        response = _document(await self.tell(at, {**fields, **more}))
        assert all(verb.tag == "Message" and not verb.attrib and len(verb) == 0 for verb in response)
        assert all(0 < len(verb.text or "") <= BODY for verb in response)
        return "\n".join(verb.text or "" for verb in response)

    async def ends(self, one: Mapping[str, str], status: str, **more: str) -> int:
        """Tell how a message or a call ended; the status of the answer."""
        kind = "Call" if one["sid"].startswith("CA") else "Message"
        fields = {f"{kind}Sid": one["sid"], f"{kind}Status": status, "AccountSid": ACCOUNT, "To": one["To"], **more}
        return (await self.tell(one["StatusCallback"], fields)).status_code

    def picked_up(self, call: Mapping[str, str]) -> "Call":
        """Somebody answers the telephone and hears what there is to hear."""
        held = Call(self, call["sid"])
        held.hear(ElementTree.fromstring(call["Twiml"]))
        return held


@dataclass
class Call:
    """A call that goes on: `said` is what was heard since the last key. `over`: Twilio has hung up."""

    server: TwilioServer
    sid: str
    said: list[str] = field(default_factory=list)
    over: bool = False
    _action: str = ""
    _ends_on: str = ""
    _rest: list[ElementTree.Element] = field(default_factory=list)

    def hear(self, response: ElementTree.Element) -> None:
        self.said, self._action = [], ""
        self._run(list(response))

    async def press(self, key: str) -> None:
        """What is asked for is told, and what comes back is heard."""
        assert self._action, "nobody asked for a key"
        if key in self._ends_on:
            # It ends what nobody has begun to type: Twilio takes that for no key at all.
            self.wait()
            return
        fields = {"CallSid": self.sid, "CallStatus": "in-progress", "Digits": key, "FinishedOnKey": ""}
        self.hear(_document(await self.server.tell(self._action, {**fields, "AccountSid": ACCOUNT})))

    def wait(self) -> None:
        """No key comes."""
        self.said, self._action = [], ""
        self._run(self._rest)

    def _run(self, verbs: list[ElementTree.Element]) -> None:
        for place, verb in enumerate(verbs):
            self.said += [(say.text or "") for say in verb.iter("Say")]
            if verb.tag == "Gather":
                self._action, self._rest = verb.attrib["action"], verbs[place + 1 :]
                self._ends_on = verb.attrib.get("finishOnKey", "#")
                return
        self.over = True


def signed(token: str, url: str, fields: Mapping[str, str]) -> str:
    text = url
    for name in sorted(fields):
        text += name + fields[name]
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _form(request: Request, known: set[str]) -> dict[str, str]:
    assert request.method == "POST"
    if request.headers.get("content-type") != "application/x-www-form-urlencoded":
        raise Refused(20001, "the body is no form", 415)
    pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    fields = dict(pairs)
    # The real one is silent about a field it does not know.
    if len(fields) != len(pairs) or fields.keys() - known or not all(fields.values()):
        raise Refused(20001, f"unknown, empty or given twice: {sorted(name for name, _ in pairs)}")
    return fields


def _check_numbers(fields: Mapping[str, str]) -> None:
    to = fields.get("To", "")
    if not E164.fullmatch(to) or to == NOBODY:
        raise Refused(21211, f"Invalid 'To' Phone Number: {to}")
    callback = urlsplit(fields.get("StatusCallback", "https://example.org"))
    if callback.scheme not in ("http", "https") or not callback.hostname or "_" in callback.hostname:
        raise Refused(21609, "Invalid 'StatusCallback' URL")


def _check_message(fields: Mapping[str, str]) -> None:
    if len(SENDER & fields.keys()) != 1:
        raise Refused(21603, "A 'From' number or a 'MessagingServiceSid' is required, one of them")
    if fields.get("From", OURS) != OURS and not re.fullmatch(r"[A-Za-z ]{1,11}", fields["From"]):
        raise Refused(21606, f"The 'From' phone number provided ({fields['From']}) is not a valid message-capable one")
    if fields.get("MessagingServiceSid", SERVICE) != SERVICE:
        raise Refused(21703, "The Messaging Service does not exist")
    if fields["To"] == STOPPED:
        raise Refused(21610, "Attempt to send to unsubscribed recipient")
    if fields["To"] == LANDLINE:
        raise Refused(21614, f"'To' number is not a valid mobile number: {fields['To']}")
    if not fields.get("Body", "").strip():
        raise Refused(21602, "Message body is required")
    if len(fields["Body"]) > BODY:
        raise Refused(21617, "The concatenated message body exceeds the 1600 character limit")


def _check_call(fields: Mapping[str, str]) -> None:
    if fields.get("From") != OURS:
        raise Refused(21210, f"From phone number not verified: {fields.get('From')}")
    if len(fields.get("Twiml", "")) > TWIML:
        raise Refused(32018, "Twiml size exceeded maximum allowed value of 4000 characters")
    try:
        _check_twiml(ElementTree.fromstring(fields.get("Twiml", "")))
    except (ElementTree.ParseError, AssertionError) as error:
        raise Refused(12100, f"Document parse failure: {error}") from error


def _check_twiml(response: ElementTree.Element) -> None:
    assert response.tag == "Response"
    for verb in response.iter():
        if verb is response:
            continue
        assert verb.attrib.keys() <= ATTRIBUTES[verb.tag], f"{verb.tag} has no such attribute"
        assert verb.tag == "Gather" or len(verb) == 0, f"nothing stands in {verb.tag}"
        assert verb.tag != "Say" or 0 < len((verb.text or "").strip()) <= SAY, "there is nothing to say, or too much"
        assert verb.tag != "Gather" or urljoin("x:", verb.attrib["action"]) == verb.attrib["action"]


def _document(answer: httpx.Response) -> ElementTree.Element:
    """What came back, as TwiML. Twilio says "an application error has occurred" and hangs up for everything else."""
    assert answer.status_code == 200, f"11200: {answer.status_code} {answer.text}"
    assert answer.headers["content-type"].partition(";")[0] in ("text/xml", "application/xml"), "12300"
    response: Any = ElementTree.fromstring(answer.content)
    assert response.tag == "Response"
    if all(verb.tag != "Message" for verb in response):
        _check_twiml(response)
    return response
