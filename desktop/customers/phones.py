"""Phone numbers: typed in any form, stored in E.164, shown as the country writes them.

The library's tables take their time, so they are read where a number is, not when the program starts.
"""

from __future__ import annotations

from desktop.entry import line
from desktop.errors import InvalidInput


def read_phone(typed: str, country: str, field: str = "phones") -> str:
    """The E.164 form (``+38641555283``) of a number typed with or without the country's code, spaces or signs.

    `country` is the ISO 3166 code of the country whose numbers are typed without a code. What has a possible length is
    accepted, because new ranges come faster than lists of them. Raises `InvalidInput` ``customers.phone`` and ``entry.…``.
    """
    import phonenumbers

    text = line(typed, field, required=True, maximum=40)
    if any(letter.isalpha() for letter in text):
        raise InvalidInput(field, "customers.phone")
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise InvalidInput(field, "customers.phone") from error
    if not phonenumbers.is_possible_number(number):
        raise InvalidInput(field, "customers.phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def format_phone(number: str, country: str) -> str:
    """A stored number as people of a country read it: without the code at home, with it abroad; odd ones as they are."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    at_home = parsed.country_code == phonenumbers.country_code_for_region(country)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(parsed, form))


def searched_digits(typed: str) -> str:
    """The digits to look for inside stored numbers: ``041 555`` and ``00386 41 555`` lose what E.164 has not."""
    return "".join(letter for letter in typed if letter.isascii() and letter.isdigit()).lstrip("0")
