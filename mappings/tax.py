"""Tax and registration ids in one form, with the country that gave them."""

from __future__ import annotations

import re
from typing import Final

EU_VAT: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
    }
)  # fmt: skip
"""Prefixes of VAT ids in the EU's register (VIES); EL is Greece, XI Northern Ireland."""

_ALIAS: Final = {"EL": "GR", "XI": "GB", "UK": "GB"}
_MARKS: Final = re.compile(r"[\s.\-/_]+")
_PLAIN: Final = re.compile(r"[A-Z0-9]{5,20}\Z")
_VAT: Final = re.compile(r"([A-Z]{2})([A-Z0-9]{7,13})\Z")
_COUNTED: Final = ("0123456789", "1234567890", "9876543210")


def tax_id(text: str, country: str | None) -> str | None:
    """ "DE:811569869" for "DE 811 569 869" or for "811.569.869" of a record in DE.

    `country` is the record's ISO 3166-1 code; a VAT prefix overrules it. None where no country is
    known, and for constants that nobody was given.
    """
    bare = _MARKS.sub("", text).upper()
    if not _PLAIN.match(bare):
        return None
    vat = _VAT.match(bare)
    if vat and vat[1] in EU_VAT and sum(c.isdigit() for c in vat[2]) >= 7:
        country, bare = vat[1], vat[2]
    if country is None or _is_made_up(bare):
        return None
    return f"{_ALIAS.get(country, country)}:{bare}"


def _is_made_up(bare: str) -> bool:
    digits = "".join(c for c in bare if c.isdigit())
    if len(digits) < 4 or len(set(digits)) < 3:
        return True
    return any(digits in row for row in _COUNTED)
