"""Distinguished names as the authority's samples write them, derived apart from the client's own way.

Java's form of RFC 2253: reversed order, keywords for the usual types, other types as number with the hex of their value.
"""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

_KEYWORDS: Final = {
    NameOID.COMMON_NAME: "CN",
    NameOID.COUNTRY_NAME: "C",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
}
_PRINTABLE_STRING: Final = 0x13


def java_name(name: x509.Name) -> str:
    """A name in Java's form; values of types without a keyword are taken for short printable strings."""
    return ",".join("+".join(_part(one) for one in rdn) for rdn in reversed(name.rdns))


def _part(attribute: x509.NameAttribute[str | bytes]) -> str:
    keyword = _KEYWORDS.get(attribute.oid)
    value = attribute.value if isinstance(attribute.value, str) else attribute.value.decode()
    if keyword is None:
        content = value.encode("ascii")
        return f"{attribute.oid.dotted_string}=#{bytes([_PRINTABLE_STRING, len(content)]).hex()}{content.hex()}"
    for special in '\\,+"<>;':
        value = value.replace(special, "\\" + special)
    return f"{keyword}={value}"
