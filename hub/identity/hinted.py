"""What a hint (rule 5: people's addresses, rule 6: a name) says of two accounts: a candidate for a
person, or why not even that.
"""

from __future__ import annotations

from hub.identity.subjects import Subject
from hub.store.client import Doc
from hub.store.tenant import TenantStore

RULE = {"email_domain": 5, "name": 6}
WAITS = {
    "open": "it waits in the review queue",
    "decided": "a person has decided about it",
    "gone": "it does not wait any more",
}


def outcome(
    store: TenantStore, kind: str, value: str, one: Subject, other: Subject
) -> tuple[str, str]:
    """(outcome, sentence) of a hint that both share."""
    said = {
        "email_domain": f"People's addresses at one lead to {value}, the domain of the other",
        "name": f"Both have the name {value} but for spelling and legal form",
    }[kind]
    review = _review(store, one, other)
    if review and review["rule"] == RULE[kind]:
        return "candidate", f"{said}; that alone links nothing, and {WAITS[review['state']]}."
    return "different", f"{said}; it is no candidate, since {_against(one, other, review)}."


def _review(store: TenantStore, one: Subject, other: Subject) -> Doc | None:
    """The strongest review of these two accounts."""
    both = {"accounts": {"$all": [one.id, other.id]}, "kind": {"$ne": "ambiguous_domain"}}
    return store.reviews.find_one(both, {"rule": 1, "state": 1}, sort=[("rule", 1)])


def _against(one: Subject, other: Subject, review: Doc | None) -> str:
    if review is not None:
        return f"rule {review['rule']} has more to say of the two"
    ours, theirs = (_domains(side) for side in (one, other))
    if ours and theirs and not ours & theirs:
        return "each has a domain of its own"
    countries = [_countries(side) for side in (one, other)]
    if countries[0] and countries[1] and not countries[0] & countries[1]:
        return "they are in different countries"
    return "a source that keeps one record for each customer has both, or the domain is of several"


def _domains(side: Subject) -> set[str]:
    keys = (key for record in side.living for key in record.get("keys", ()))
    return {key[4:] for key in keys if key.startswith("c:d:")}


def _countries(side: Subject) -> set[str]:
    found = ((record.get("values") or {}).get("country") for record in side.living)
    return {country for country in found if country}
