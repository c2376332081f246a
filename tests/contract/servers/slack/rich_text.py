"""The parts of a rich_text block: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""

from __future__ import annotations

from tests.contract.servers.slack.shapes import (
    Check,
    anything,
    boolean,
    by_type,
    integer,
    listed,
    one_of,
    shape,
    string,
    url,
)

_STYLE = shape(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    ),
)
_STYLED: dict[str, Check] = {"style": _STYLE}
_ID = string(25, pattern=r"[A-Z][A-Z0-9]+")

INLINE: dict[str, Check] = {
    "text": shape({"text": string(40000)}, _STYLED),
    "link": shape({"url": url()}, {"text": string(3000), "unsafe": boolean, **_STYLED}),
    "user": shape({"user_id": _ID}, _STYLED),
    "usergroup": shape({"usergroup_id": _ID}, _STYLED),
    "channel": shape({"channel_id": _ID}, _STYLED),
    "team": shape({"team_id": _ID}, _STYLED),
    "emoji": shape({"name": string(100)}, {"unicode": string(100), "skin_tone": integer(1, 6), **_STYLED}),
    "broadcast": shape({"range": one_of("here", "channel", "everyone")}, _STYLED),
    "color": shape({"value": string(7, pattern=r"#[0-9a-fA-F]{6}")}, {}),
    "date": shape(
        {"timestamp": integer(0, 10**11), "format": string(300)},
        {"url": url(), "fallback": string(300), **_STYLED},
    ),
}

_SECTION = shape({"elements": listed(by_type(INLINE), 10000, least=0)}, {})
_BLOCKISH: dict[str, Check] = {"border": integer(0, 1)}
_FLAT = by_type({"text": INLINE["text"], "link": INLINE["link"]})

PARTS: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_list": shape(
        {"style": one_of("bullet", "ordered"), "elements": listed(by_type({"rich_text_section": _SECTION}), 1000)},
        {"indent": integer(0, 8), "offset": integer(0, 10000), **_BLOCKISH},
    ),
    "rich_text_preformatted": shape({"elements": listed(_FLAT, 10000)}, {"language": anything, **_BLOCKISH}),
    "rich_text_quote": shape({"elements": listed(by_type(INLINE), 10000)}, _BLOCKISH),
}

RICH_TEXT = listed(by_type(PARTS), 1000)
