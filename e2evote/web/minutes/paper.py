"""Drawing the minutes: a PDF that is a function of its statement and of what draws it, byte by byte."""

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import segno
from weasyprint import HTML, Attachment
from weasyprint.text.ffi import harfbuzz_subset, pango
from weasyprint.urls import URLFetcher

from e2evote.election.minutes import Statement
from e2evote.encoding import hex_of
from e2evote.record.codec import dump
from e2evote.record.manifest import Manifest
from e2evote.web.languages import Language, languages
from e2evote.web.names import named, plain
from e2evote.web.rendering import environment

FONT = Path(__file__).parent.parent / "static" / "fonts" / "vazirmatn.woff2"
ATTACHED = "statement.json"


@cache
def renderer() -> str:
    """Return what draws here: another version may draw the same statement with other bytes."""
    packages = [f"{name} {version(name)}" for name in ("weasyprint", "pydyf", "fonttools", "segno")]
    subsetter = "harfbuzz" if harfbuzz_subset else "fonttools"
    packages += [f"pango {pango.pango_version()}", f"fonts by {subsetter}", f"e2evote {version('e2evote')}"]
    return "; ".join([*packages, f"vazirmatn {hashlib.sha256(FONT.read_bytes()).hexdigest()[:8]}"])


def draw(statement: Statement, manifest: Manifest) -> bytes:
    """Return the PDF, the statement attached to it. Nothing is fetched."""
    data = dump(statement)
    tags = ("fa", "en") if statement.languages == "both" else (statement.languages,)
    text = environment(tags[0]).get_template("minutes/paper.html").render(
        language=languages()[tags[0]],
        font=base64.b64encode(FONT.read_bytes()).decode(),
        title=named(manifest.name, manifest.label, tags[0]),
        bodies=[_body(statement, manifest, languages()[tag]) for tag in tags],
    )  # fmt: skip
    epoch = datetime(2000, 1, 1, tzinfo=UTC)  # a fixed time, so that the bytes are a function of the statement
    attachment = Attachment(
        string=data, name=ATTACHED, description="What these minutes state, for programs", created=epoch, modified=epoch
    )
    with _fixed_time(epoch):
        drawn = HTML(string=text, url_fetcher=URLFetcher(allowed_protocols=["data"])).write_pdf(
            attachments=[attachment], pdf_identifier=hashlib.sha256(data).digest()[:16], pdf_tags=True
        )
    return bytes(drawn)


@contextmanager
def _fixed_time(moment: datetime) -> Iterator[None]:
    """Give the fonts in a PDF a fixed time, by the variable that tools for reproducible files heed."""
    name = "SOURCE_DATE_EPOCH"
    variables = os.environ  # noqa: TID251  (fontTools, which writes the time into fonts, takes it from nowhere else)
    before = variables.get(name)
    variables[name] = str(int(moment.timestamp()))
    try:
        yield
    finally:
        if before is None:
            del variables[name]
        else:
            variables[name] = before


def _body(statement: Statement, manifest: Manifest, language: Language) -> str:
    zone = ZoneInfo(statement.zone)

    def moment(text: str) -> str:
        return language.time(datetime.fromisoformat(text), zone)

    code = f"e2evote record {hex_of(statement.fingerprint)} outcome {hex_of(statement.outcome_hash)}"
    context: Mapping[str, object] = {
        "said": statement,
        "outcome": statement.outcome,
        "manifest": manifest,
        "language": language,
        "number": language.number,
        "name_of": lambda thing: named(thing.name, thing.label, language.tag),
        "plain": plain,
        "moment": moment,
        "day": None if manifest.date is None else language.day(datetime.fromisoformat(manifest.date).date()),
        "fingerprint": _grouped(statement.fingerprint),
        "outcome_hash": _grouped(statement.outcome_hash),
        "picture": segno.make(code, error="m", micro=False).svg_data_uri(scale=4, border=2),
    }
    return environment(language.tag).get_template("minutes/body.html").render(context)


def _grouped(digest: bytes) -> str:
    digits = hex_of(digest)
    return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))
