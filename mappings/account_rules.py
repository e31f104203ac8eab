"""A tenant's rules that tie a project's work to a customer, where the vendor has no customers.

The setting is a JSON object: a rule for each project, and one for `*`, all others. A rule says
`by` what the customer is named, and whether that is to `match` a domain or an external id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from mappings.errors import Unmappable
from mappings.normalise import registrable_domain
from mappings.record import Context, Link

Rule = Mapping[str, Any]

SETTING = "account_links"
MATCHES = ("domain", "external_id")


class AccountRules:
    """What one connector allows: `means` of naming a customer, what each `needs`, an `example`."""

    def __init__(self, means: Iterable[str], needs: Mapping[str, str], example: str) -> None:
        self._means = tuple(means)
        self._needs = needs
        self._example = example
        self.read: Callable[[str], Mapping[str, Rule]] = lru_cache(maxsize=64)(self._read)
        """The setting's rules by project. Raises ValueError with the reason."""

    def of(self, context: Context) -> Mapping[str, Rule]:
        """The connection's rules; raises Unmappable when they cannot be used."""
        try:
            return self.read(context.settings.get(SETTING, ""))
        except ValueError as problem:
            raise Unmappable("", f"the setting {SETTING} cannot be used: {problem}") from None

    def _read(self, text: str) -> Mapping[str, Rule]:
        try:
            found = json.loads(text or "{}")
        except ValueError:
            raise ValueError("it is not JSON") from None
        if not isinstance(found, dict):
            raise ValueError(f"it must be an object such as {self._example}")
        for project, rule in found.items():
            self._check(project, rule)
        return found

    def _check(self, project: str, rule: object) -> None:
        by = rule.get("by") if isinstance(rule, Mapping) else None
        if not isinstance(rule, Mapping) or not isinstance(by, str) or by not in self._means:
            raise ValueError(f"{project}: `by` must be one of {', '.join(self._means)}")
        if rule.get("match", MATCHES[0]) not in MATCHES:
            raise ValueError(f"{project}: `match` must be one of {', '.join(MATCHES)}")
        needed = self._needs.get(by, "")
        if needed and not isinstance(rule.get(needed), str):
            raise ValueError(f"{project}: `by: {by}` needs `{needed}`")


def links(texts: Iterable[str], rule: Rule) -> tuple[Link, ...]:
    """Links to the accounts that these texts name, as the rule would have them matched."""
    if rule.get("match", MATCHES[0]) == "external_id":
        values = [text.strip() for text in texts]
        return tuple(Link("account", "external_id", v) for v in dict.fromkeys(values) if v)
    domains = [registrable_domain(text) for text in texts]
    return tuple(Link("account", "domain", d) for d in dict.fromkeys(domains) if d)
