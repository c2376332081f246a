"""A drawing as PNG."""

from __future__ import annotations

from io import BytesIO

from bot.chat.drawing import Dot, Drawing


def png(drawing: Drawing, scale: int = 2) -> bytes:
    """On a sheet of its own size, times `scale`."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (drawing.width * scale, drawing.height * scale), "white")
    draw = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        if isinstance(shape, Dot):
            x, y, r = shape.x * scale, shape.y * scale, shape.radius * scale
            draw.ellipse((x - r, y - r, x + r, y + r), fill="black")
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
