"""A document as a mail of its own, for whoever reads in peace: words, and HTML with the pictures inside the mail."""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.utils import formatdate
from html import escape

from adapters.chat.terminal import to_text
from adapters.excerpt import excerpt
from adapters.html import fragment
from adapters.paging.smtp.ids import POLICY
from adapters.pictures.png import png
from bot.chat import document as d
from bot.ports import Attempt

WIDTH = 76
"""Columns of the plain text (https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1 asks for 78 at most)."""

HEAD = """<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">"""
"""As wide as the phone, and light or dark as its reader wants it: no colour of ours stands in the way."""

STYLE = """:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 42rem; overflow-wrap: anywhere }
h1, h2, h3, h4 { font-size: 1.15em; line-height: 1.3; margin: 1.6em 0 .4em } h1 { font-size: 1.4em } h3, h4 { font-size: 1em }
ul, ol { padding-left: 1.3em } pre { background: #f3f4f6; padding: .6em; white-space: pre-wrap }
img { max-width: 100%; height: auto }
@media (prefers-color-scheme: dark) { pre { background: #22262c } }"""


def letter(
    attempt: Attempt, document: d.Document, *, subject: str, sender: Address, to: str, language: str = "en"
) -> EmailMessage:
    """The same Message-ID whenever it is tried again. The subject is one clean line, so it can add no header."""
    digest = hashlib.sha256(f"{attempt.key}\n{to}".encode(errors="replace")).hexdigest()[:32]
    message = EmailMessage(policy=POLICY)
    title = excerpt(subject, limit=200)
    message["Subject"] = title
    message["From"] = sender
    message["To"] = Address(addr_spec=to)
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<klatsch.letter.{digest}@{sender.domain}>"
    # https://www.rfc-editor.org/rfc/rfc3834: no holiday notice shall answer this.
    message["Auto-Submitted"] = "auto-generated"
    pictures: list[tuple[str, d.Picture]] = []

    def shown(picture: d.Picture) -> str:
        name = f"klatsch.{len(pictures)}.{digest}@{sender.domain}"
        pictures.append((name, picture))
        size = f'width="{picture.drawing.width}" height="{picture.drawing.height}"'
        return f'<p><img src="cid:{name}" alt="{escape(picture.alt)}" {size}></p>'

    body = fragment(document, shown)
    message.set_content(f"{to_text(document, WIDTH, colour=False, framed=False)}\n")
    message.add_alternative(
        f'<!doctype html>\n<html lang="{escape(language)}"><head>{HEAD}\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n",
        subtype="html",
    )
    page = message.get_body(("html",))
    if isinstance(page, MIMEPart):
        for name, picture in pictures:
            page.add_related(png(picture.drawing), "image", "png", cid=f"<{name}>", filename=f"{picture.name}.png")
    return message
