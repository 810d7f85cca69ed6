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
@page { size: A4; margin: 12mm 15mm; }
body { font-family: "Vazirmatn", "Noto Naskh Arabic", "Tahoma", sans-serif; font-size: 10pt; color: #000;
  max-width: 180mm; margin: 0 auto; line-height: 1.5; }
h1 { font-size: 14pt; margin: 0; }
p { margin: 2mm 0; }
.en { direction: ltr; text-align: left; }
.titles { display: flex; justify-content: space-between; align-items: baseline; }
.mark { border: 0.5mm solid #000; padding: 1mm; text-align: center; font-weight: bold; }
table.facts { width: 100%; border-collapse: collapse; margin: 2mm 0; }
table.facts td { padding: 0.5mm 0; border-bottom: 0.1mm solid #bbb; }
table.facts td:first-child, table.facts td:last-child { width: 38mm; }
.top { display: flex; gap: 6mm; align-items: center; break-inside: avoid; }
.qr { flex: none; }
.qr svg { width: 66mm; height: 66mm; display: block; }
table.words { direction: ltr; width: 100%; border-collapse: collapse; table-layout: fixed; margin-top: 2.5mm;
  break-inside: avoid; line-height: 1.2; }
table.words td, table.words th { border: 0.2mm solid #888; padding: 0.8mm 1.5mm; text-align: left;
  font: 9.5pt "DejaVu Sans Mono", monospace; }
table.words th { width: 5mm; text-align: center; }
table.words small { color: #555; }
</style>
</head>
<body>
<div class="titles"><h1>پشتیبان کلید امین</h1><h1 class="en" lang="en">Backup of a guardian's key</h1></div>
$mark
<table class="facts">
<tr><td>انتخابات</td><td><bdi>$election</bdi></td><td class="en" lang="en">Election</td></tr>
<tr><td>امین کلید</td><td><bdi>$guardian</bdi></td><td class="en" lang="en">Guardian</td></tr>
<tr><td>آغاز شناسهٔ انتخابات</td><td><bdi>$h_e</bdi></td><td class="en" lang="en">H_E begins with</td></tr>
</table>
<div class="top">
<div>
<p>این برگه با گذرواژهٔ پشتیبان رمز شده است. گذرواژه را روی این برگه ننویسید و جای دیگری نگه دارید. هر کس این برگه و
گذرواژه را داشته باشد، کلید شما را دارد.</p>
<p>برای بازیابی با برنامهٔ <bdi>guardian restore</bdi>، کد را بخوانید یا همهٔ ۱۲۰ واژهٔ پنج جدول زیر را به ترتیب شماره،
از چپ به راست، وارد کنید؛ چهار حرف اول هر واژه کافی است. این واژه‌ها کیف پول هیچ ارزی نیستند.</p>
<p class="en" lang="en">This page is encrypted under the passphrase of the backup. Do not write the passphrase on it,
and keep the two in different places. Whoever has both has your key.</p>
<p class="en" lang="en">To restore the key with <i>guardian restore</i>, scan the code, or type all 120 words of the
five tables in the order of their numbers; the first four letters of a word are enough. The words are no wallet of any
currency.</p>
</div>
<div class="qr">$code</div>
</div>
$rows
</body>
</html>
""")
_MARK = '<p class="mark">تمرین – هیچ چیز آن به حساب نمی‌آید <bdi lang="en">REHEARSAL: nothing in it counts</bdi></p>'
_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Caption:
    """What the page says in plain text."""

    election: str
    guardian: str
    rehearsal: bool = False


def page(backup: Backup, caption: Caption) -> str:
    """Return the page as HTML that needs nothing else."""
    return _PAGE.substitute(
        mark=_MARK if caption.rehearsal else "",
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
