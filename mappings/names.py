"""A company's name as a hint: what is left of it without case, accents, marks and legal forms.

Only words that the law of some country makes a company append are taken off. Words that say what a
firm does (Bank, Group, Hotel, Services ...) stay: without them different firms become one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LONGEST: Final = 512
VOICED: Final = 8
"""The combining class of Japanese voice marks, which are no accents."""
_DROPPED: Final = re.compile(r"[.'’`´]|(?<=\b\w)/(?=\w\b)")
_SPACED: Final = re.compile(r"[\W_]+")

FORMS: Final[frozenset[tuple[str, ...]]] = frozenset(
    tuple(form.split())
    for form in (
        # English-speaking countries
        "inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "llc",
        "llp", "lllp", "lp", "plc", "pllc", "cic", "pty", "pte", "pvt", "private limited",
        "proprietary limited", "unlimited company", "and co",
        # German-speaking countries
        "gmbh", "ggmbh", "mbh", "ag", "kg", "kgaa", "ohg", "gbr", "ug", "haftungsbeschrankt",
        "ek", "eg", "gesmbh",
        # Romance languages
        "sa", "sas", "sasu", "sarl", "eurl", "snc", "sca", "scs", "scop", "srl", "srls", "spa",
        "sapa", "sl", "slu", "sll", "slne", "sau", "lda", "ltda", "sgps", "de cv", "sapi",
        "s de rl", "sab", "cia ltda", "sagl",
        # The Low Countries and the North
        "bv", "nv", "vof", "bvba", "sprl", "vzw", "asbl", "ab", "as", "asa", "aps", "oy", "oyj",
        "ehf", "hf", "ks", "publ",
        # Central and Eastern Europe
        "sro", "spol sro", "spol s ro", "spzoo", "sp zoo", "sp z oo", "sp k", "sp j", "kft",
        "zrt", "nyrt", "doo", "dd", "jdoo", "eood", "ood", "ead", "uab", "sia", "ou", "oao",
        "ооо", "оао", "зао", "пао", "ао", "тов",
        # Asia and the Gulf
        "kk", "gk", "kabushiki kaisha", "株式会社", "有限会社", "合同会社", "有限公司", "sdn bhd",
        "bhd", "tbk", "jsc", "pjsc", "ojsc", "cjsc", "fze", "fzco", "fzc", "wll", "as sti",
        "ltd sti",
        # Everywhere in Europe
        "se", "sce",
    )
)  # fmt: skip
"""Legal forms as words of a name key. Stripped from the end, again and again, never wholly."""

_LEADING: Final = frozenset(
    {"株式会社", "有限会社", "合同会社", "ооо", "оао", "зао", "пао", "ао", "pt"}
)
"""Forms that stand before the name."""

_GLUED: Final = ("株式会社", "有限会社", "合同会社", "有限公司")
"""Forms that are written without a space."""

_MEANINGLESS: Final = frozenset(
    {
        "test", "tests", "testing", "demo", "example", "sample", "unknown", "none", "null",
        "na", "undefined", "anonymous", "company", "account", "customer", "new", "default",
        "private", "individual", "personal", "self", "tbd", "todo", "xxx",
    }
)  # fmt: skip
_LONGEST_FORM: Final = max(map(len, FORMS))


@lru_cache(maxsize=65_536)
def name_key(text: str) -> str | None:
    """The name by which a company may be recognised: "Acmé Co., Ltd." gives "acme".

    None for what is no name. Never a reason to link by itself.
    """
    words = _words(text[:_LONGEST])
    words = _without_trailing(_without_leading(words))
    key = " ".join(words)
    if key.replace(" ", "") in _MEANINGLESS or not any(c.isalpha() for c in key):
        return None
    return key if len(key) > 1 else None


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold()
    plain = "".join(c for c in folded if unicodedata.combining(c) in (0, VOICED))
    plain = unicodedata.normalize("NFC", plain).replace("&", " and ")
    for form in _GLUED:
        plain = plain.replace(form, f" {form} ")
    return _SPACED.sub(" ", _DROPPED.sub("", plain)).split()


def _without_trailing(words: list[str]) -> list[str]:
    while len(words) > 1:
        longest = min(_LONGEST_FORM, len(words) - 1)
        for length in range(longest, 0, -1):
            if tuple(words[-length:]) in FORMS:
                words = words[:-length]
                break
        else:
            break
    return words[:-1] if len(words) > 1 and words[-1] == "and" else words


def _without_leading(words: list[str]) -> list[str]:
    return words[1:] if len(words) > 1 and words[0] in _LEADING else words
