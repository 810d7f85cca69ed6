"""The booth's page."""

import html
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoothPage:
    """The page in a language, the same bytes for everybody, and its content policy."""

    html: bytes
    policy: str


def booth_page(tag: str, names: Mapping[str, str]) -> BoothPage:
    """Return the page in a language."""
    name = html.escape(names.get(tag, ""))
    text = f'<!DOCTYPE html>\n<html lang="{tag}">\n<meta charset="utf-8">\n<title>{name}</title>\n<h1>{name}</h1>\n'
    return BoothPage(text.encode(), "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
