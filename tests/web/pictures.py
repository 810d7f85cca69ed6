"""Pictures of pages as small files: a page has few colours, so each is named by one byte."""

from io import BytesIO

from PIL import Image


def smaller(png: bytes) -> bytes:
    """Return a picture with a palette of at most 256 colours."""
    with Image.open(BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    packed = BytesIO()
    few.save(packed, "PNG", optimize=True)
    return packed.getvalue()
