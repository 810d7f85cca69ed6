"""Files of members: what is understood, and how what is not is explained."""

import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.election.roll import reading as room
from e2evote.election.roll.fields import read_identifier, read_mobile, read_national_id
from e2evote.election.roll.national_id import check_national_id
from e2evote.election.roll.reading import read_roll
from e2evote.election.roll.text import identifier_of, normal_text
from e2evote.errors import CheckError, ParseError
from e2evote.record.manifest import Manifest, parse_manifest
from tests.builders import manifest_bytes
from tests.election.members import national_id

HEADER = "member_number,national_id,name,mobile,email,ballot_style,weight"
LOST = "a spreadsheet took this for a number and lost digits; format the column as text"
GOOD = "A12,0000000019,Zahra,09121234567,z@example.org,everything,2"


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return parse_manifest(manifest_bytes(), "manifest.json")


def styles(manifest: Manifest) -> list[str]:
    return [style.label for style in manifest.ballot_styles]


def rows(manifest: Manifest, *lines: str, header: str = HEADER, newline: str = "\r\n") -> room.Reading:
    good = styles(manifest)[0]
    text = newline.join([header, *(line.replace("everything", good) for line in lines), ""])
    return read_roll(text.encode(), manifest, "members.csv")


def problem(manifest: Manifest, line: str, header: str = HEADER) -> str:
    """The one problem of one row, which is then the only row."""
    found = rows(manifest, line, header=header)
    assert not found.members
    assert found.refused == 1
    (only,) = found.problems
    return str(only)


def test_a_row_is_read(manifest: Manifest) -> None:
    found = rows(manifest, GOOD)
    assert not found.problems
    (member,) = found.members.values()
    assert member.fields() == {
        "member_number": "A12",
        "national_id": "0000000019",
        "nationality": "IR",
        "name": "Zahra",
        "mobile": "+989121234567",
        "email": "z@example.org",
        "ballot_style": 1,
        "weight": 2,
    }
    assert "Zahra" not in repr(member)


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_way_in_which_spreadsheets_save(manifest: Manifest, mark: bytes, delimiter: str, newline: str) -> None:
    text = newline.join([HEADER, GOOD.replace("everything", styles(manifest)[0]), ""]).replace(",", delimiter)
    found = read_roll(mark + text.encode(), manifest, "members.csv")
    assert not found.problems
    assert [member.name for member in found.members.values()] == ["Zahra"]


def test_persian_columns_letters_and_digits(manifest: Manifest) -> None:
    header = "شماره پروانه,کد ملي,نام و نام خانوادگی,شماره\u200cهمراه,برگه رأی".replace("رأی", "رای")
    style = styles(manifest)[0]
    found = rows(manifest, f"۱۲-۳۴٥,٠٠٠٠٠٠٠٠١٩,علي  كريمي \u200c نيا\u200c,۰۹۱۲ ۱۲۳ ۴۵۶۷,{style}", header=header)
    assert not found.problems
    (member,) = found.members.values()
    assert (member.member_number, member.national_id) == ("12345", "0000000019")
    assert (member.name, member.mobile) == ("علی کریمی نیا", "+989121234567")


@pytest.mark.parametrize("typed", ["9121234567", "989121234567", "+98 912 123 4567", "00989121234567", "۰۹۱۲۱۲۳۴۵۶۷"])
def test_mobile_numbers_as_people_write_them(typed: str) -> None:
    assert read_mobile(typed, "IR") == "+989121234567"


def test_foreign_members(manifest: Manifest) -> None:
    header = "national_id,nationality,mobile,ballot_style"
    found = rows(manifest, "AB 123-456,de,+49 1512 3456789,everything", header=header)
    assert not found.problems
    (member,) = found.members.values()
    assert (member.national_id, member.nationality, member.mobile) == ("AB123456", "DE", "+4915123456789")


def test_zeros_that_a_spreadsheet_dropped_come_back(manifest: Manifest) -> None:
    assert read_national_id(national_id(12345678).lstrip("0"), "IR") == national_id(12345678)
    assert read_national_id("7731689956", "IR") == "7731689956"


@pytest.mark.parametrize(
    ("cell", "replacement", "expected"),
    [
        ("0000000019", "0000000018", "national_id: the check digit of the national ID is wrong; a digit is mistyped"),
        ("0000000019", "1111111111", "national_id: a national ID does not have ten equal digits"),
        ("0000000019", "19", "national_id: a national ID has ten digits, this has 2 characters"),
        ("0000000019", "1.9E+09", f"national_id: {LOST}"),
        ("A12", "A/12", "member_number: expected letters and digits"),
        ("A12", "1234.00", f"member_number: {LOST}"),
        ("09121234567", "0912123456", "mobile: not the number of a mobile telephone; a digit may be missing"),
        ("09121234567", "02122334455", "mobile: not the number of a mobile telephone; a digit may be missing"),
        ("09121234567", "unknown", "mobile: not a telephone number"),
        ("09121234567", "09121234567 ext 5", "mobile: expected a number without an extension"),
        ("z@example.org", "z@example", "email: not an e-mail address"),
        ("z@example.org", "z@example.org\u200f;x", "email: not an e-mail address"),
        ("everything", "nothing", "ballot_style: the election has no such ballot style; there are "),
        (",2", ",0", "weight: expected a whole number from 1 to 5, the election's largest weight"),
        (",2", ",6", "weight: expected a whole number from 1 to 5, the election's largest weight"),
        (",2", ",1.5", "weight: expected a whole number from 1 to 5, the election's largest weight"),
        ("Zahra", "Z" * 201, "name: longer than 200 characters"),
        (",2", "", "6 fields where the first line names 7"),
        (",2", ",2,", "8 fields where the first line names 7"),
        ("A12,0000000019", ",", "neither a member number nor a national ID"),
        ("09121234567,z@example.org", ",", "neither a mobile number nor an e-mail address, so no code can be sent"),
    ],
)  # fmt: skip
def test_refused_cells_are_explained(manifest: Manifest, cell: str, replacement: str, expected: str) -> None:
    line = GOOD.replace(cell, replacement)
    assert problem(manifest, line).startswith(f"line 2{', ' if ': ' in expected else ': '}{expected}")


def test_a_style_that_is_missing_is_needed_where_there_are_several(manifest: Manifest) -> None:
    assert len(styles(manifest)) > 1
    assert problem(manifest, "A12,09121234567", "member_number,mobile").startswith("line 2, ballot_style: missing")
    one = manifest.model_copy(update={"ballot_styles": manifest.ballot_styles[:1]})
    assert [m.ballot_style for m in rows(one, "A12,09121234567", header="member_number,mobile").members.values()] == [1]


def test_problems_of_several_rows_name_the_lines_where_these_begin(manifest: Manifest) -> None:
    quoted = GOOD.replace("Zahra", '"Zahra\nKarimi, ""Z"""')
    bad = GOOD.replace("A12", "?").replace("0000000019", "")
    found = rows(manifest, quoted, "", bad, ",,,,,,", GOOD.replace("A12", "A13").replace("0000000019", ""))
    assert [(problem.line, problem.column) for problem in found.problems] == [(5, "member_number")]
    assert [member.name for member in found.members.values()] == ['Zahra Karimi, "Z"', "Zahra"]


def test_all_rows_with_the_same_identifier_are_refused(manifest: Manifest) -> None:
    third = GOOD.replace("A12", "a-12").replace("0000000019", "")
    found = rows(manifest, GOOD, GOOD.replace("A12", "A14"), third)
    assert not found.members
    assert found.refused == 3
    assert [str(problem) for problem in found.problems] == [
        "line 2, member_number: the same as in line 4",
        "line 2, national_id: the same as in line 3",
        "line 3, national_id: the same as in line 2",
        "line 4, member_number: the same as in line 2",
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "members.csv: the file is empty; its first line names the columns"),
        (b"\n\n", "members.csv: the file is empty; its first line names the columns"),
        (HEADER.encode("utf-16"), "members.csv: UTF-16; save it as CSV in UTF-8"),
        (HEADER.encode("utf-16-le"), "members.csv: a zero byte; this is no CSV file in UTF-8"),
        (HEADER.encode() + b"\n\0", "members.csv: a zero byte; this is no CSV file in UTF-8"),
        (HEADER.encode() + b"\nA1,\xff", "members.csv:2: not UTF-8; save it as CSV in UTF-8"),
        (HEADER.encode() + b'\n"A1', "members.csv:2: not CSV: unexpected end of data"),
        (HEADER.encode() + b'\n"A"1,', "members.csv:2: not CSV: ',' expected after '\"'"),
        (b"member_number,mobile,shoe size", "members.csv:1: shoe size: there is no column of this name; there are: "),
        (b"member_number,mobile,,", "members.csv:1: column 3: there is no column of this name; there are: member_n"),
        (b"member_number,mobile,Member-Number", "members.csv:1: Member-Number: the column is there twice"),
        (b"name,mobile", "members.csv:1: a column with an identifier is missing: member_number or national_id"),
        (b"national_id,name", "members.csv:1: a column that a code can be sent to is missing: mobile or email"),
        (HEADER.encode() + b"\n" + b"x" * 200_000, "members.csv:2: not CSV: field larger than field limit (131072)"),
        (b"PK\x03\x04", "members.csv:1: "),
    ],
)  # fmt: skip
def test_files_that_are_none_are_refused(manifest: Manifest, data: bytes, expected: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_roll(data, manifest, "members.csv")
    assert str(caught.value).startswith(expected)


def test_an_oversized_file_is_refused(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FILE_LIMIT", 100)
    with pytest.raises(ParseError, match="larger than 100 bytes"):
        read_roll(b"x" * 101, manifest, "members.csv")


# ------------------------------------------------------------------------------------------------------ properties


@given(st.binary(max_size=300))
def test_anything_is_read_or_refused(manifest: Manifest, data: bytes) -> None:
    with contextlib.suppress(ParseError):
        read_roll(data, manifest, "members.csv")


@given(st.lists(st.text(max_size=30), min_size=7, max_size=7))
def test_any_cells_make_a_member_or_problems(manifest: Manifest, cells: list[str]) -> None:
    line = ",".join('"' + cell.replace('"', '""').replace("\0", "") + '"' for cell in cells)
    found = read_roll(f"{HEADER}\n{line}".encode(errors="replace"), manifest, "members.csv")
    assert len(found.members) + found.refused <= 1
    assert all(problem.reason and problem.line == 2 for problem in found.problems)


@given(st.integers(0, 10**9 - 1))
def test_exactly_one_check_digit_is_right(number: int) -> None:
    right = []
    for digit in range(10):
        try:
            check_national_id(f"{number:09}{digit}")
        except CheckError:
            continue
        right.append(f"{number:09}{digit}")
    assert right == ([] if len(set(national_id(number))) == 1 else [national_id(number)])


@given(st.integers(0, 10**9 - 1), st.integers(0, 9), st.integers(1, 9))
def test_one_mistyped_digit_is_found(number: int, place: int, change: int) -> None:
    """The weights are prime to 11, so any change of a digit changes the sum."""
    right = national_id(number)
    wrong = right[:place] + str((int(right[place]) + change) % 10) + right[place + 1 :]
    rests = {sum(int(digit) * (10 - at) for at, digit in enumerate(typed[:9])) % 11 for typed in (right, wrong)}
    if rests == {1, 10}:
        return  # both have the check digit 1: the rule's own gap
    with pytest.raises(CheckError):
        check_national_id(wrong)


@given(st.text(max_size=50))
def test_normal_forms_are_fixed_points(text: str) -> None:
    assert normal_text(normal_text(text)) == normal_text(text)
    assert identifier_of(identifier_of(text)) == identifier_of(text)


@given(
    st.text("0123456789", min_size=1, max_size=12), st.sampled_from([0x660, 0x6F0]), st.sampled_from(" -\u200c\u200e")
)
def test_digits_of_any_script_are_the_same_identifier(digits: str, zero: int, between: str) -> None:
    typed = between.join(chr(zero + int(digit)) for digit in digits)
    assert read_identifier(typed) == digits
