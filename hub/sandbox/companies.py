"""Making one company: its facts, its people, and what each vendor knows of it.

Every sixty companies hold each kind of mess once, at a fixed slot, so that a small world has it.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from hub.sandbox import words
from hub.sandbox.ids import native_id
from hub.sandbox.truth import Company, Person, Presence

SLOTS = len(words.STEMS)
SUBDOMAINS, FREE_MAIL, NO_DOMAIN, SHARED, MERGED, DUPLICATE = 5, 7, 9, 12, 14, 15
NULLS, DELETED, HOSTED, BARE_WORD, CHURNED, NO_CRM = 19, 21, 23, 25, 27, 29
WORK_ONLY, XREF, CHILD, FAR_ZONE, PROSPECT = 31, 33, 36, 41, 43
KNOWN = {"salesforce": 0.85, "hubspot": 0.78, "freshdesk": 0.82, "jira": 0.65, "asana": 0.6}
PLURAL_PEOPLE = (3, 8)


def company_key(i: int) -> str:
    """The world's key of the i-th company."""
    return f"c{i:05d}"


def make_company(seed: int, i: int, now: datetime) -> Company:
    """The i-th company of a world, whole and deterministic."""
    rng, slot = random.Random(f"{seed}/company/{i}"), i % SLOTS
    place = words.PLACES[rng.randrange(len(words.PLACES))]
    domain, name = domain_of(i), name_of(i)
    created = now - timedelta(days=rng.randint(60, 1100), minutes=rng.randint(0, 1439))
    updated = created + (now - created) * rng.random()
    mrr = rng.choice((9900, 49000, 120000, 420000, 1500000)) * rng.randint(1, 4)
    nulls = slot == NULLS
    company = Company(
        key=company_key(i),
        name=name,
        domain=domain,
        country=place[0],
        city=place[1],
        time_zone="Pacific/Kiritimati" if slot == FAR_ZONE else place[2],
        industry=None if nulls else rng.choice(words.INDUSTRIES),
        employees=None if nulls else rng.choice((12, 48, 130, 420, 2600, 18000)),
        website=f"https://www.{domain}/" if domain and not nulls else None,
        phone=None if nulls else f"{place[4]}{rng.randint(100, 999)}",
        tax_id=f"{place[0]}{rng.randint(10**8, 10**9 - 1)}" if rng.random() < 0.6 else None,
        currency=place[3],
        mrr_minor=None if nulls else mrr,
        annual_revenue_minor=None if nulls else mrr * rng.randint(300, 4000),
        seats=None if nulls else rng.choice((5, 10, 25, 50, 120)),
        tier=None if nulls else rng.choice(("gold", "silver", "bronze")),
        lifecycle=_lifecycle(slot),
        renewal_on=None if nulls else (now + timedelta(days=rng.randint(5, 360))).date(),
        mood=mood_of(i),
        csm=f"u{rng.randrange(4)}",
        created_at=created,
        updated_at=updated.replace(microsecond=0),
        parent=company_key(i - 1) if slot in (SHARED, CHILD) and i else None,
        people=(),
        presences=(),
    )
    people = tuple(_people(rng, company, slot, now))
    return replace(company, people=people, presences=tuple(_presences(rng, company, i, slot)))


def _lifecycle(slot: int) -> str:
    return {CHURNED: "churned", PROSPECT: "prospect"}.get(slot, "active")


def mood_of(i: int) -> str:
    """good, fair or bad, so that about 55, 27 and 18 in a hundred are."""
    return ("good", "good", "fair", "good", "bad", "good", "fair", "good", "good", "fair", "bad")[
        i % 11
    ]


def name_of(i: int) -> str:
    """The company's real name."""
    stem = words.STEMS[i % SLOTS]
    return stem if i < SLOTS else f"{stem} {i // SLOTS + 1}"


def slug(text: str) -> str:
    """What of a name a domain may hold: 'Bäckerei Müller' -> 'backerei-muller'."""
    plain = unicodedata.normalize("NFKD", text.replace("Ł", "L").replace("ł", "l"))
    words_ = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower())
    return "-".join(words_)


def domain_of(i: int) -> str | None:
    """The company's real domain; some share one, some live on another's host, some have none."""
    slot = i % SLOTS
    if slot == FREE_MAIL:
        return None
    if slot == SHARED and i:
        return domain_of(i - 1)
    name = slug(name_of(i)) or f"yamada-works-{i}"
    if slot == HOSTED:
        return f"{name}.onmicrosoft.com"
    return f"{name}.{('com', 'io', 'de', 'co.uk', 'net')[i % 5]}"


def _people(rng: random.Random, company: Company, slot: int, now: datetime) -> Iterator[Person]:
    for j in range(rng.randint(*PLURAL_PEOPLE)):
        first, last = rng.choice(words.FIRST), rng.choice(words.LAST)
        title, department, role = rng.choice(words.TITLES)
        created = company.created_at + (now - company.created_at) * rng.random() * 0.5
        yield Person(
            key=f"{company.key}.p{j}",
            company=company.key,
            first_name=first,
            last_name=last,
            full_name=f"{first} {last}",
            email=_email(rng, first, last, company, j),
            other_emails=(f"{slug(first)}{j}.{company.key}@gmail.com",) if j == 2 else (),
            phone=f"+1 202 555 0{rng.randint(100, 199)}" if rng.random() < 0.5 else None,
            title=title,
            department=department,
            role=role,
            locale=rng.choice(("en", "de", "fr", None, "ja")),
            time_zone=rng.choice((company.time_zone, None)),
            internal=j == 7,
            left=j == 6,
            created_at=created.replace(microsecond=0),
            updated_at=(created + (now - created) * rng.random()).replace(microsecond=0),
        )


def _email(rng: random.Random, first: str, last: str, company: Company, j: int) -> str | None:
    local = f"{slug(first)}.{slug(last).replace('-', '')}{j}"
    if j == 7:
        return f"{local}@{words.HOME_DOMAIN}"
    if company.domain is None or j == 5:
        return f"{local}.{company.key}@gmail.com"
    if j == 4:
        return f"info@{company.domain}"
    if rng.random() < 0.06:
        return None
    address = f"{local}@{'mail.' if j == 3 else ''}{company.domain}"
    return address.title() if j == 1 and rng.random() < 0.3 else address


def _presences(rng: random.Random, company: Company, i: int, slot: int) -> Iterator[Presence]:
    for vendor in KNOWN:
        draw = rng.random()
        if not _known(vendor, slot, draw):
            continue
        yield _presence(vendor, company, i, slot)
        yield from _second(vendor, company, i, slot)


def other_presence(seed: int, company: Company, i: int, vendor: str) -> Presence | None:
    """The presence in a vendor beyond the five, for seven companies in ten."""
    known = random.Random(f"{seed}/presence/{vendor}/{i}").random() < 0.7
    return _presence(vendor, company, i, i % SLOTS) if known else None


_EVERYWHERE = (0, SUBDOMAINS, FREE_MAIL, NO_DOMAIN, BARE_WORD, HOSTED, XREF)
_CERTAIN: dict[int, tuple[str, ...]] = {
    MERGED: ("salesforce",),
    DUPLICATE: ("hubspot",),
    DELETED: ("hubspot",),
    SHARED - 1: ("salesforce", "freshdesk"),
    SHARED: ("salesforce", "freshdesk"),
}


def _known(vendor: str, slot: int, draw: float) -> bool:
    if slot == NO_CRM:
        return vendor == "freshdesk"
    if slot == WORK_ONLY:
        return vendor in ("jira", "asana")
    if slot in _EVERYWHERE:
        return True
    return vendor in _CERTAIN.get(slot, ()) or draw < KNOWN[vendor]


def presence_id(vendor: str, i: int, second: bool = False) -> str:
    """The vendor's native id of the i-th company, or of its second record there."""
    return native_id(vendor, "company", i * 2 + second)


def _presence(vendor: str, company: Company, i: int, slot: int) -> Presence:
    domain = _known_domain(vendor, company, slot)
    website = f"https://{domain}" if domain and slot != NULLS else None
    named = slot == NO_DOMAIN or (i + len(vendor)) % 3 == 0
    return Presence(
        vendor=vendor,
        id=presence_id(vendor, i),
        name=_known_name(vendor, company, i),
        domain=domain,
        website=website,
        customer_no=f"C-{i:05d}" if named and slot != NULLS else None,
        xref=_xref(vendor, i, slot),
        deleted=slot == DELETED and vendor == "hubspot",
        note=_NOTES.get(slot),
    )


_NOTES = {
    SHARED - 1: "shared_domain", SHARED: "shared_domain", FREE_MAIL: "free_mail",
    NO_DOMAIN: "no_domain", HOSTED: "hosted", BARE_WORD: "bare_word", SUBDOMAINS: "subdomains",
    XREF: "xref", DELETED: "deleted", NULLS: "nulls",
}  # fmt: skip


def _xref(vendor: str, i: int, slot: int) -> dict[str, str]:
    holds = vendor != "salesforce" and slot in (0, SUBDOMAINS, XREF)
    return {"salesforce": presence_id("salesforce", i)} if holds else {}


def _second(vendor: str, company: Company, i: int, slot: int) -> Iterator[Presence]:
    first = presence_id(vendor, i)
    if slot == MERGED and vendor == "salesforce":
        yield _twin(company, vendor, i, merged_into=first, note="merged")
    if slot == DUPLICATE and vendor == "hubspot":
        yield _twin(company, vendor, i, merged_into=None, note="duplicate")


def _twin(company: Company, vendor: str, i: int, *, merged_into: str | None, note: str) -> Presence:
    return Presence(
        vendor=vendor,
        id=presence_id(vendor, i, second=True),
        name=f"{company.name} (old)",
        domain=company.domain,
        merged_into=merged_into,
        deleted=merged_into is not None,
        note=note,
    )


def _known_domain(vendor: str, company: Company, slot: int) -> str | None:
    if slot == FREE_MAIL:
        return "gmail.com" if vendor == "hubspot" else None
    if slot == NO_DOMAIN or company.domain is None:
        return None
    if slot == XREF and vendor != "salesforce":
        return None
    if slot == BARE_WORD and vendor == "freshdesk":
        return company.domain.partition(".")[0]
    if slot == SUBDOMAINS:
        host = {"freshdesk": "support.", "hubspot": "www.", "jira": "eu.shop."}.get(vendor, "")
        return host + company.domain
    return company.domain.upper() if vendor == "salesforce" and slot % 13 == 6 else company.domain


def _known_name(vendor: str, company: Company, i: int) -> str:
    legal = words.LEGAL[company.country]
    spellings = {
        "salesforce": f"{company.name} {legal}",
        "hubspot": company.name,
        "freshdesk": company.name.upper() if i % 5 == 2 else company.name,
        "jira": f"  {company.name}" if i % 7 == 3 else f"{company.name} ({company.country})",
        "asana": company.name.split()[0],
    }
    return spellings.get(vendor, company.name)
