"""Pre-encrypted ballots as pages to print: a sheet for the voter's marks, and a stub that is cut off and kept.

Codes are Latin and isolated from the text around them, so that they read the same in every language; the groups of a
confirmation code are isolated together, or they would stand in reverse order among Persian. The pages show which code
stands for what: they are as secret as votes. No script, no network.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from string import Template
from typing import Literal

import segno

from e2evote.encoding import hex_of
from e2evote.preencryption.recording import PrintedContest
from e2evote.record.manifest import Contest, Manifest

Language = Literal["fa", "en"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One ballot as it is printed."""

    device: int
    position: int
    ballot_style: int
    confirmation_code: bytes
    contests: tuple[PrintedContest, ...]


_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "ballot": "Ballot",
        "at_most": "Mark at most $limit.",
        "null_codes": "Codes that stand for votes not given:",
        "hint": "Fold the sheet and put it into the inner envelope. The codes beside the options appear in the public "
        "record if they were counted: note those that you chose on the stub, and keep it.",
        "cut": "Cut here and keep",
        "code": "Confirmation code",
        "chosen": "My short codes",
    },
    "fa": {
        "ballot": "برگهٔ رأی",
        "at_most": "حداکثر $limit گزینه را علامت بزنید.",
        "null_codes": "کدهایی که به جای رأی‌های داده‌نشده می‌آیند:",
        "hint": "برگه را تا کنید و در پاکت داخلی بگذارید. کدهای کنار گزینه‌هایی که شمرده شوند در پروندهٔ عمومی انتخابات "
        "می‌آیند: کدهایی را که برگزیده‌اید روی ته‌برگ بنویسید و آن را نگه دارید.",
        "cut": "از اینجا ببرید و نزد خود نگه دارید",
        "code": "کد رهگیری",
        "chosen": "کدهای کوتاه من",
    },
}

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")

_HEAD = Template("""\
<!DOCTYPE html>
<html lang="$language" dir="$direction">
<head>
<meta charset="utf-8">
<title>$title</title>
<style>
@page { size: A4; margin: 14mm; }
* { box-sizing: border-box; }
body { font: 11pt "Vazirmatn", "Noto Naskh Arabic", "Noto Sans", sans-serif; color: #000; margin: 0; }
h1 { font-size: 15pt; margin: 0 0 2mm; }
h2 { font-size: 12pt; margin: 4mm 0 1mm; }
p { margin: 1mm 0; }
.ballot { break-after: page; }
.contest { break-inside: avoid; }
table { width: 100%; border-collapse: collapse; }
td { border-bottom: 0.2mm solid #888; padding: 1.6mm 2mm; }
.mark { width: 9mm; } .mark span { display: block; width: 5mm; height: 5mm; border: 0.4mm solid #000; }
.code { width: 22mm; text-align: center; }
bdi { direction: ltr; unicode-bidi: isolate; font-family: "DejaVu Sans Mono", monospace; white-space: nowrap; }
.nulls, .hint, .cut { font-size: 9pt; }
.stub { break-inside: avoid; margin-top: 6mm; border-top: 0.4mm dashed #000; padding-top: 3mm; }
.stub div { display: flex; gap: 6mm; align-items: flex-start; }
.stub svg { width: 34mm; height: 34mm; flex: none; }
.digits { display: inline-block; font-size: 11pt; line-height: 1.6; text-align: left; white-space: pre-line; }
.stub section { flex: 1; }
.notes { border-bottom: 0.2mm solid #000; height: 8mm; }
@media screen { body { max-width: 190mm; margin: 8mm auto; } .ballot { margin-bottom: 20mm; } }
</style>
</head>
<body>
""")

_BALLOT = Template("""\
<section class="ballot">
<h1>$election</h1>
<p>$ballot <bdi>$number</bdi> · $style</p>
$contests<p class="hint">$hint</p>
<aside class="stub">
<p class="cut">✂ $cut</p>
<div>$qr<section>
<p><b>$election</b> · $ballot <bdi>$number</bdi></p>
<p>$code<br><bdi class="digits">$digits</bdi></p>
<p>$chosen</p><p class="notes"></p>
</section></div>
</aside>
</section>
""")

_CONTEST = Template("""\
<section class="contest">
<h2>$name</h2>
<p>$at_most</p>
<table>
$rows</table>
<p class="nulls">$null_codes $nulls</p>
</section>
""")

_ROW = Template("""\
<tr><td class="mark"><span></span></td><td>$name</td><td class="code"><bdi>$code</bdi></td></tr>
""")


def pages(manifest: Manifest, sheets: Iterable[Sheet], language: Language) -> Iterator[str]:
    """Yield an HTML document piece by piece: its head, one piece a ballot, its end.

    Spec: EG-2.1 §4.1.4; §4.1.5
    """
    title, direction = escape(_name(manifest.name, manifest.label, language)), "rtl" if language == "fa" else "ltr"
    yield _HEAD.substitute(language=language, direction=direction, title=title)
    for sheet in sheets:
        yield _page(manifest, sheet, language)
    yield "</body>\n</html>\n"


def _page(manifest: Manifest, sheet: Sheet, language: Language) -> str:
    words, style = _WORDS[language], manifest.ballot_style(sheet.ballot_style)
    contests = (_contest(manifest.contest(printed.index), printed, language) for printed in sheet.contests)
    return _BALLOT.substitute(
        words,
        election=escape(_name(manifest.name, manifest.label, language)),
        number=f"{sheet.device}-{sheet.position}",
        style=escape(_name(style.name, style.label, language)),
        contests="".join(contests),
        qr=_qr_code(hex_of(sheet.confirmation_code)),
        digits="\n".join(" ".join(_groups(half, 8)) for half in _groups(hex_of(sheet.confirmation_code), 32)),
    )


def _contest(contest: Contest, printed: PrintedContest, language: Language) -> str:
    words = _WORDS[language]
    rows = (
        _ROW.substitute(name=escape(_name(option.name, option.label, language)), code=code)
        for option, code in zip(contest.options, printed.options, strict=True)
    )
    return _CONTEST.substitute(
        name=escape(_name(contest.name, contest.label, language)),
        at_most=Template(words["at_most"]).substitute(limit=_number(contest.limit, language)),
        rows="".join(rows),
        null_codes=words["null_codes"],
        nulls=_isolated(printed.null_codes),
    )


def _name(names: Mapping[str, str] | None, label: str, language: Language) -> str:
    return (names or {}).get(language, label)


def _number(value: int, language: Language) -> str:
    return str(value).translate(_PERSIAN_DIGITS) if language == "fa" else str(value)


def _isolated(codes: Iterable[str]) -> str:
    return " ".join(f"<bdi>{code}</bdi>" for code in codes)


def _groups(digits: str, size: int) -> Sequence[str]:
    return [digits[first : first + size] for first in range(0, len(digits), size)]


def _qr_code(text: str) -> str:
    """Return an SVG; digits and capital letters alone make the smallest code."""
    file = BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="svg", xmldecl=False, svgns=True, scale=4, nl=False)
    return file.getvalue().decode()
