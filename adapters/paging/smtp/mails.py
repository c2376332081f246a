"""The mails we write: a page, and what we say to an answer that came too late."""

from __future__ import annotations

import html
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate

from adapters.excerpt import excerpt
from adapters.paging.smtp.ids import POLICY, page_id, thread, with_token
from adapters.paging.smtp.reading import Reply
from adapters.paging.wording import cut, headline, how_to_acknowledge, link
from bot.chat.document import clean
from bot.ports import Attempt, PageMessage

TEXT_BYTES = 8000
"""A page is read half asleep; the room has the rest."""

REPLY = 'Or answer this mail, with "ack" as its first line.'

REFERENCES = 20
"""As many ids of a thread go on; it is told by its first and its last ones."""


def page_mail(attempt: Attempt, page: PageMessage, *, sender: Address, to: str, answerable: bool) -> EmailMessage:
    """One page to one person. `answerable`: an answer to it reaches us, so it carries the token that acknowledges: in the
    Message-ID, and once more in References, for servers that give a mail another id.

    Every value is one clean line before it becomes a header, so a title can add none."""
    token = page.ack_token if answerable else ""
    root = thread(page, sender.domain)
    message = EmailMessage(policy=POLICY)
    message["Subject"] = headline(page)
    message["From"] = sender
    message["To"] = Address(excerpt(page.person.name, limit=100), addr_spec=to)
    # Not a time of the incident: only when this try was made, which mail servers insist on.
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = with_token(page_id(attempt, page), token, sender.domain)
    message["In-Reply-To"] = root
    message["References"] = f"{root} {with_token('klatsch.ack', token, sender.domain)}" if token else root
    # https://www.rfc-editor.org/rfc/rfc3834: no holiday notice shall answer this.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Klatsch-Incident"] = excerpt(page.ref, limit=20)
    message.set_content(_plain(page, REPLY if token else ""))
    message.add_alternative(_html(page, REPLY if token else ""), subtype="html")
    return message


def answer_mail(reply: Reply, said: str, *, sender: Address, to: str) -> EmailMessage:
    """What we say to `reply`, in its thread; no machine answers it (https://www.rfc-editor.org/rfc/rfc3834#section-3.1)."""
    message = EmailMessage(policy=POLICY)
    subject = excerpt(reply.subject)
    message["Subject"] = subject if subject.casefold().startswith("re:") else f"Re: {subject}"
    message["From"] = sender
    message["To"] = Address(addr_spec=to)
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<klatsch.answer.{reply.event}@{sender.domain}>"
    if reply.message_id:
        message["In-Reply-To"] = reply.message_id
        message["References"] = " ".join((*reply.references[:1], *reply.references[1:][-REFERENCES:], reply.message_id))
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(f"{clean(said)}\n")
    return message


def _plain(page: PageMessage, reply: str) -> str:
    ack, room, runbook = link(page.ack_url), link(page.room_url), link(page.runbook_url)
    parts = [
        headline(page),
        cut(clean(page.text).strip(), TEXT_BYTES),
        f"Acknowledge: {ack}" if ack else how_to_acknowledge(page),
        reply,
        f"Room: {room}" if room else "",
        f"Runbook: {runbook}" if runbook else "",
        f"You are paged as {_whom(page)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(page: PageMessage, reply: str) -> str:
    ack, room, runbook = (html.escape(link(url)) for url in (page.ack_url, page.room_url, page.runbook_url))
    text = html.escape(cut(clean(page.text).strip(), TEXT_BYTES)).replace("\n", "<br>\n")
    parts = [
        f"<p><strong>{html.escape(headline(page))}</strong></p>",
        f"<p>{text}</p>" if text else "",
        f'<p><a href="{ack}">Acknowledge</a></p>' if ack else f"<p>{html.escape(how_to_acknowledge(page))}</p>",
        f"<p>{html.escape(reply)}</p>" if reply else "",
        f'<p><a href="{room}">Open the room</a></p>' if room else "",
        f'<p><a href="{runbook}">Runbook</a></p>' if runbook else "",
        f"<p>You are paged as {html.escape(_whom(page))}.</p>",
    ]
    return "<html><body>\n" + "\n".join(part for part in parts if part) + "\n</body></html>\n"


def _whom(page: PageMessage) -> str:
    return excerpt(f"{page.person.name} ({page.person.id})" if page.person.name else page.person.id, limit=120)
