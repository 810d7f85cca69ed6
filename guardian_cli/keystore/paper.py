"""A backup as a page to print: a QR code and the words, with captions in Persian and English. No script, no network."""

from dataclasses import dataclass
from html import escape
from string import Template

import segno

from e2evote.encoding import hex_of
from guardian_cli.keystore.backup import Backup
from guardian_cli.keystore.words import to_rows

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="fa" dir="rtl">
<head>
<meta charset="utf-8">
<title>$title</title>
<style>
@page { size: A4; margin: 15mm; }
body { font-family: "Vazirmatn", "Noto Naskh Arabic", "Tahoma", sans-serif; font-size: 10pt; color: #000; }
h1 { font-size: 14pt; margin: 0; }
.en { direction: ltr; text-align: left; }
.facts, .qr { margin: 4mm 0; }
.facts td { padding-inline-end: 6mm; }
.qr { text-align: center; break-inside: avoid; }
.qr svg { width: 70mm; height: 70mm; }
table.words { direction: ltr; width: 100%; border-collapse: collapse; margin-bottom: 3mm; break-inside: avoid; }
table.words td, table.words th { border: 0.2mm solid #888; padding: 0.6mm 1.5mm; text-align: left;
  font: 9pt "DejaVu Sans Mono", monospace; }
table.words th { width: 6mm; }
table.words small { color: #555; }
</style>
</head>
<body>
<h1>پشتیبان کلید امین</h1>
<h1 class="en" lang="en">Backup of a guardian's key</h1>
<table class="facts">
<tr><td>انتخابات</td><td class="en" lang="en">Election</td><td><bdi>$election</bdi></td></tr>
<tr><td>امین</td><td class="en" lang="en">Guardian</td><td><bdi>$guardian</bdi></td></tr>
<tr><td>آغاز <bdi>H_E</bdi></td><td class="en" lang="en">H_E begins</td><td><bdi>$h_e</bdi></td></tr>
</table>
<p>این برگه با گذرواژهٔ شما رمز شده است. گذرواژه را روی این برگه ننویسید و جای دیگری نگه دارید. برای بازیابی،
کد زیر را بخوانید یا همهٔ واژه‌ها را به ترتیب وارد کنید؛ چهار حرف اول هر واژه کافی است. هر کس این برگه و گذرواژه را
داشته باشد، کلید شما را دارد. این واژه‌ها کیف پول هیچ ارزی نیستند.</p>
<p class="en" lang="en">This page is encrypted under your passphrase. Do not write the passphrase on it, and keep the
two in different places. To restore the key, scan the code or type all words in order; the first four letters of a
word are enough. Whoever has this page and the passphrase has your key. The words are no wallet of any currency.</p>
<div class="qr">$code</div>
$rows
</body>
</html>
""")
_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Caption:
    """What the page says in plain text."""

    election: str
    guardian: str


def page(backup: Backup, caption: Caption) -> str:
    """Return the page as HTML that needs nothing else."""
    return _PAGE.substitute(
        title=f"Backup – guardian {backup.guardian} – {hex_of(backup.election)}",
        election=escape(caption.election),
        guardian=f"{backup.guardian} – {escape(caption.guardian)}",
        h_e=hex_of(backup.election),
        code=qr_svg(backup),
        rows="\n".join(_table(number, row) for number, row in enumerate(to_rows(backup), 1)),
    )


def qr_svg(backup: Backup) -> str:
    """Return the QR code as SVG for a page; it can be read with 15 % of it lost."""
    code = segno.make_qr(backup.text(), error="m", boost_error=False)
    return code.svg_inline(border=4, omitsize=True)


def _table(number: int, words: tuple[str, ...]) -> str:
    lines = []
    for start in range(0, len(words), _COLUMNS):
        heading = f'<th rowspan="{len(words) // _COLUMNS}">{number}</th>' if start == 0 else ""
        numbered = enumerate(words[start : start + _COLUMNS], start + 1)
        cells = "".join(f"<td><small>{place}</small> {word}</td>" for place, word in numbered)
        lines.append(f"<tr>{heading}{cells}</tr>")
    return f'<table class="words" lang="en">{"".join(lines)}</table>'
