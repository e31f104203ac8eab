"""What a person or a company can be recognised by, and how to find that in any text. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from mappings import normalise

Pair = tuple[str, str]
"""(kind, value in its normal form); kinds are the names of the fields of `Identifiers`."""

EMAIL: Final = re.compile(
    r"[^\s@<>()\[\],;:\\\"'|=&?/\x00-\x1f\x7f{}]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII
)
PHONE: Final = re.compile(r"(?<![\w.])\+?\(?\d[\d ().\-/]{5,22}\d(?![\w])")
HOST: Final = re.compile(r"(?<![\w@.-])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?![\w@-])", re.IGNORECASE)
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{9,}")
WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
LEAST_DIGITS, MOST_DIGITS = 7, 15
MOST_WORDS = 5
DISTINCT_DIGITS, DISTINCT_LETTERS = 9, 10


@dataclass(slots=True)
class Identifiers:
    """keys: "connection:object:native id". natives: "connection:native id", only such as cannot be
    taken for a small number. parts: first and last names, which mean something only in a field of
    their own. domains: a company's.
    """

    keys: set[str] = field(default_factory=set)
    natives: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    user_ids: set[str] = field(default_factory=set)
    external_ids: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)

    def pairs(self) -> Iterator[Pair]:
        for one in fields(self):
            for value in getattr(self, one.name):
                yield one.name, value

    def add(self, other: Identifiers) -> None:
        for one in fields(self):
            getattr(self, one.name).update(getattr(other, one.name))

    def note_key(self, key: str) -> None:
        self.keys.add(key)
        connection, _, native = key.split(":", 2)
        if is_distinct(native):
            self.natives.add(f"{connection}:{native}")

    def objects(self) -> Mapping[str, set[str]]:
        """connection -> {"object:native id"}."""
        found: dict[str, set[str]] = defaultdict(set)
        for key in self.keys:
            connection, _, rest = key.partition(":")
            found[connection].add(rest)
        return found

    def dump(self) -> dict[str, list[str]]:
        return {one.name: sorted(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def load(cls, dumped: Mapping[str, Iterable[str]]) -> Identifiers:
        return cls(**{name: set(values) for name, values in dumped.items()})


def of_values(
    entity: str, values: Mapping[str, Any], external_id: str | None = None
) -> Identifiers:
    """What one mapped record says; only people and companies say something of themselves."""
    found = Identifiers()
    own = normalise.external_id(external_id) if external_id else None
    if entity not in ("account", "contact"):
        return found
    if own:
        found.external_ids.add(own)
    if entity == "account":
        found.domains |= {d for t in texts(values.get("domains")) if (d := domain(t))}
        found.names |= {name for t in texts(values.get("name")) if len(name := named(t)) > 2}
    else:
        found.emails |= {e for t in texts(values.get("emails")) if (e := personal_email(t))}
        found.phones |= {p for t in texts(values.get("phones")) if (p := phone(t))}
        found.user_ids |= {t.strip() for t in texts(values.get("user_ids")) if t.strip()}
        _note_names(found, values)
    return found


def _note_names(found: Identifiers, values: Mapping[str, Any]) -> None:
    parts = [named(t) for f in ("first_name", "last_name") for t in texts(values.get(f))]
    whole = [named(t) for t in texts(values.get("full_name"))]
    if len(parts) == 2:
        whole += [" ".join(parts), " ".join(reversed(parts)), f"{parts[1]}, {parts[0]}"]
    found.names |= {name for name in whole if " " in name}
    found.parts |= {p for p in [*parts, *(n for n in whole if " " not in n)] if len(p) > 1}
    found.parts |= {p for name in whole for p in (name.split()[0], name.split()[-1]) if len(p) > 1}


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def domain(text: str) -> str | None:
    return normalise.registrable_domain(text)


def email(text: str) -> str | None:
    return normalise.email(text.strip(".").replace("%40", "@"))


def personal_email(text: str) -> str | None:
    """A desk's address is nobody's."""
    found = email(text)
    return None if found is None or normalise.is_role_address(found) else found


def desk(address: str) -> str | None:
    """The company whose desk an address is; None for a person's address."""
    return domain(address) if normalise.is_role_address(address) else None


def phone(text: str) -> str | None:
    """Digits alone, without what stands for the way out of a country."""
    digits = re.sub(r"\D", "", text).removeprefix("00")
    return digits if LEAST_DIGITS <= len(digits) <= MOST_DIGITS else None


def named(text: str) -> str:
    return " ".join(text.casefold().split())


def is_distinct(native_id: str) -> bool:
    """Whether an id standing alone in a text could hardly be anything else."""
    if native_id.isdigit():
        return len(native_id) >= DISTINCT_DIGITS
    return len(native_id) >= DISTINCT_LETTERS and TOKEN.fullmatch(native_id) is not None


def candidates(text: str, connection: str) -> Iterator[Pair]:
    """Everything in a text that might identify somebody, names left out."""
    for found in EMAIL.findall(text):
        if address := email(found):
            yield "emails", address
            if own := desk(address):
                yield "domains", own
    for found in HOST.findall(text):
        if own := domain(found):
            yield "domains", own
    for found in PHONE.findall(text):
        if digits := phone(found):
            yield "phones", digits
    for found in TOKEN.findall(text):
        yield "natives", f"{connection}:{found}"
        yield "user_ids", found


def name_candidates(text: str) -> Iterator[Pair]:
    """Every run of up to five words, which a name might be."""
    words = [word.rstrip(".") for word in WORD.findall(text.casefold())]
    for start in range(len(words)):
        yield "parts", words[start]
        for length in range(2, MOST_WORDS + 1):
            if start + length <= len(words):
                run = words[start : start + length]
                yield "names", " ".join(run)
                if length == 2:
                    yield "names", ", ".join(run)
