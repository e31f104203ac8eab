"""What a mapped record claims to be: the normalised texts by which it can be recognised.

Some kinds link by themselves (`LINKING`), the others are hints that a person looks at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from mappings import normalise
from mappings.names import name_key
from mappings.tax import tax_id

ClaimKind = Literal["xref", "external_id", "tax_id", "domain", "email", "email_domain", "name"]

PREFIX: Final[Mapping[ClaimKind, str]] = {
    "xref": "i",
    "external_id": "x",
    "tax_id": "t",
    "domain": "d",
    "email": "e",
    "email_domain": "g",
    "name": "n",
}
LINKING: Final = frozenset({"xref", "external_id", "tax_id", "domain", "email"})
KIND_OF: Final[Mapping[str, ClaimKind]] = {prefix: kind for kind, prefix in PREFIX.items()}


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """One normalised text by which a record can be recognised.

    xref: "<connector>:<object>:<native id>" of a record that this one says it is. email_domain:
    the domain behind the addresses of an account without a domain. name: see `names.name_key`.
    """

    kind: ClaimKind
    value: str


class LinkLike(Protocol):
    """What is read of `mappings.record.Link`."""

    @property
    def kind(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def value(self) -> str: ...


def claims(
    entity: str,
    values: Mapping[str, Any],
    external_id: str | None = None,
    links: Iterable[LinkLike] = (),
    people: Iterable[str] = (),
) -> frozenset[Claim]:
    """What a mapped record claims.

    Accounts by xref, external id, tax id, domain, and as hints by e-mail domain and name; contacts
    by xref, external and user id, and the addresses that are a person's. Other entities claim
    nothing. `people`: domains of the addresses of those who hang on this account record.
    """
    if entity not in ("account", "contact"):
        return frozenset()
    found = set(_account(values, people) if entity == "account" else _contact(values))
    found.update(_external(external_id))
    found.update(Claim("xref", link.value) for link in links if link.by == "xref")
    return frozenset(found)


def _account(values: Mapping[str, Any], people: Iterable[str]) -> Iterator[Claim]:
    domains = set(_domains(values.get("domains") or ()))
    yield from (Claim("domain", domain) for domain in domains)
    for text in values.get("tax_ids") or ():
        found = tax_id(text, values.get("country"))
        if found:
            yield Claim("tax_id", found)
    if not domains:
        behind = {*_domains(values.get("emails") or ()), *people}
        yield from (Claim("email_domain", domain) for domain in behind)
    name = name_key(values.get("name") or "")
    if name:
        yield Claim("name", name)


def _contact(values: Mapping[str, Any]) -> Iterator[Claim]:
    for text in values.get("emails") or ():
        address = normalise.email(text)
        if address and not normalise.is_role_address(address):
            yield Claim("email", address)
    for text in values.get("user_ids") or ():
        yield from _external(text)


def _external(text: str | None) -> Iterator[Claim]:
    own = normalise.external_id(text) if text else None
    if own:
        yield Claim("external_id", own)


def _domains(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        domain = normalise.registrable_domain(text)
        if domain:
            yield domain


def claim_key(claim: Claim) -> str:
    """A claim as a watch key: "i:<connector>:<object>:<id>", "x:<external id>", "t:<country>:<id>",
    "d:<domain>", "e:<e-mail address>", "g:<e-mail domain>", "n:<name key>"."""
    return f"{PREFIX[claim.kind]}:{claim.value}"


def claim_keys(found: Iterable[Claim]) -> tuple[str, ...]:
    """Claims as watch keys, sorted."""
    return tuple(sorted(map(claim_key, found)))


def claim_of(key: str) -> Claim:
    """The claim that `claim_key` wrote; raises KeyError for anything else."""
    return Claim(KIND_OF[key[:1]], key[2:])
