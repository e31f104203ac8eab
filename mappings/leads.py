"""What may lead a record to its account: its links as watch keys, in the order to be tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mappings import normalise
from mappings.claims import LinkLike

_PEOPLE = ("requester", "contact", "reporter")


def account_paths(
    links: Iterable[LinkLike], connection: str, emails: Iterable[str] = ()
) -> tuple[str, ...]:
    """The watch keys that may lead a record to its account, in the order to be tried.

    Account by record, by external id, by domain; the people it names by record; then the domain
    behind an e-mail address (rule 5; free mail and shared hosts lead nowhere). `emails` are a
    contact's own addresses, tried last. Keys: "r:<connection>:<object>:<native id>", "x:", "d:".
    """
    found = list(links)
    direct = [link for link in found if link.kind == "account"]
    people = [link for name in _PEOPLE for link in found if link.kind == name]
    paths = [
        *(f"r:{connection}:{link.value}" for link in direct if link.by == "record"),
        *(f"x:{link.value.strip()}" for link in direct if link.by == "external_id"),
        *_domain_keys(link.value for link in direct if link.by == "domain"),
        *(f"r:{connection}:{link.value}" for link in people if link.by == "record"),
        *_domain_keys(link.value for link in [*direct, *people] if link.by == "email"),
        *_domain_keys(link.value for link in people if link.by == "domain"),
        *_domain_keys(emails),
    ]
    return tuple(dict.fromkeys(paths))


def _domain_keys(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        domain = normalise.registrable_domain(text)
        if domain:
            yield f"d:{domain}"
