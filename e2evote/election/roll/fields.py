"""What one cell of a roll, or one field of the page for signing in, means; the same spelling comes out of both."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from e2evote.election.roll.national_id import check_national_id
from e2evote.election.roll.text import identifier_of, latin_digits, normal_text
from e2evote.errors import CheckError

MAXIMUM_WEIGHT = 2**31 - 1

_IRAN = ("ایران", "ایرانی")
_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
_AS_A_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?E\+?[0-9]+|[0-9]+\.0+")
"""What a spreadsheet makes of long digits that it takes for a number."""


def read_identifier(text: str) -> str:
    """Return a member number, or an ID of unknown rules: letters and digits.

    Raises:
        CheckError: there is something else in it.
    """
    value = identifier_of(text)
    _refuse_numbers(value)
    if not value.isalnum():
        raise CheckError("expected letters and digits")
    return value


def read_national_id(text: str, country: str) -> str:
    """Return a national ID; an Iranian one that a spreadsheet took for a number gets its leading zeros back.

    Raises:
        CheckError: there is something else in it, or its check digit is wrong.
    """
    value = read_identifier(text)
    if country == "IR":
        if value.isdecimal() and len(value) in (8, 9):
            value = value.zfill(10)
        check_national_id(value)
    return value


def read_mobile(text: str, country: str) -> str:
    """Return the number of a mobile telephone as E.164; one without a country code is of the country.

    Raises:
        CheckError: it is none.
    """
    plain = latin_digits(text).strip()
    _refuse_numbers(plain.upper())
    try:
        number = phonenumbers.parse(plain, country)
    except phonenumbers.NumberParseException:
        raise CheckError("not a telephone number") from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        raise CheckError("not the number of a mobile telephone; a digit may be missing")
    if number.extension:
        raise CheckError("expected a number without an extension")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_email(text: str) -> str:
    """Return an e-mail address, its domain in lower case.

    Raises:
        CheckError: it is none.
    """
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise CheckError("not an e-mail address") from None


def read_country(text: str) -> str:
    """Return the two letters of a country.

    Raises:
        CheckError: it is none.
    """
    plain = normal_text(text)
    code = "IR" if plain in _IRAN else plain.upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise CheckError("expected the two letters of a country, such as IR")
    return code


def read_weight(text: str, maximum: int) -> int:
    """Return a weight from 1 to the largest that the election has.

    Raises:
        CheckError: it is none.
    """
    value, largest = identifier_of(text), min(maximum, MAXIMUM_WEIGHT)
    if not re.fullmatch("[0-9]{1,10}", value) or not 1 <= int(value) <= largest:
        raise CheckError(f"expected a whole number from 1 to {largest}, the election's largest weight")
    return int(value)


def _refuse_numbers(value: str) -> None:
    if _AS_A_NUMBER.fullmatch(value):
        raise CheckError("a spreadsheet took this for a number and lost digits; format the column as text")
