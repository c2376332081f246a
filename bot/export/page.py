"""The HTML page an export is put in: self-contained, no script, nothing loaded from anywhere."""

from __future__ import annotations

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1c1c1c; background: #fff }
h1, h2, h3 { line-height: 1.2; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid #bbb; padding: .3rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere }
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
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}</body>
</html>
"""
