"""The HTML page an export is put in: self-contained, no script, nothing loaded but the pictures that lie beside it."""

from __future__ import annotations

from markdown_it.renderer import RendererHTML

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1c1c1c; background: #fff; overflow-wrap: break-word }
h1, h2, h3 { line-height: 1.2; margin-top: 2rem }
.wide { margin: 1rem 0; overflow-x: auto }
table { border-collapse: collapse; min-width: 100% }
th, td { border: 1px solid #bbb; padding: .3rem .6rem; text-align: left; vertical-align: top }
th, td:first-child, td:last-child, td:nth-child(4), td:nth-child(3):nth-last-child(2) { white-space: nowrap }
td:nth-child(2) { min-width: 12rem; overflow-wrap: anywhere }
img { max-width: 100% }
blockquote { margin: 1rem 0; padding: .1rem 1rem; border-left: 4px solid #b58900; background: #fdf6e3 }
@media (prefers-color-scheme: dark) {
  body { color: #e6e6e6; background: #1b1b1b } th, td { border-color: #555 } a { color: #8ab4f8 }
  blockquote { background: #2b2717 }
}
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}</body>
</html>
"""


class Boxed(RendererHTML):
    """Each table in a box of its own, which scrolls where the window is narrow, by the keyboard too."""

    def table_open(self, *_: object) -> str:
        return '<div class="wide" tabindex="0">\n<table>\n'

    def table_close(self, *_: object) -> str:
        return "</table>\n</div>\n"
