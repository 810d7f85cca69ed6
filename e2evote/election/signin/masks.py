"""Where a code was sent, shown so that its owner knows the place and a stranger learns little."""

import phonenumbers

_STARS = "****"


def mask_mobile(number: str, country: str) -> str:
    """Return the first two and the last two digits, as in 09****51; a foreign number has its country code in front.

    Args:
        number: E.164.
        country: two letters; numbers of this country are shown as people there write them.
    """
    parsed = phonenumbers.parse(number)
    if phonenumbers.region_code_for_number(parsed) != country:
        return f"+{parsed.country_code} {_STARS}{number[-2:]}"
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    digits = "".join(filter(str.isdecimal, national))
    return f"{digits[:2]}{_STARS}{digits[-2:]}"


def mask_email(address: str) -> str:
    """Return the first letters of name and domain and the end of the domain, as in z****@e****.org."""
    name, _, domain = address.rpartition("@")
    return f"{name[0]}{_STARS}@{domain[0]}{_STARS}.{domain.rpartition('.')[2]}"
