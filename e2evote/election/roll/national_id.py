"""The Iranian national ID (کد ملی): ten digits, of which the last is a check digit."""

from e2evote.errors import CheckError

_WEIGHTS = range(10, 1, -1)


def check_national_id(digits: str) -> None:
    """Accept a national ID whose check digit is right.

    The sum of the first nine digits, weighted 10 to 2, leaves r when divided by 11; the last digit is r if r is below
    2, otherwise 11 − r. Ten equal digits satisfy that and are given to nobody.

    Raises:
        CheckError: saying what is wrong.
    """
    if len(digits) != 10 or not (digits.isascii() and digits.isdecimal()):
        raise CheckError(f"a national ID has ten digits, this has {len(digits)} characters")
    if len(set(digits)) == 1:
        raise CheckError("a national ID does not have ten equal digits")
    rest = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False)) % 11
    if int(digits[9]) != (rest if rest < 2 else 11 - rest):
        raise CheckError("the check digit of the national ID is wrong; a digit is mistyped")
