"""Why these records are one account, in sentences that name the records as people know them."""

from __future__ import annotations

from typing import Any

from hub.store.client import Doc
from hub.web.screens.words import source
from mappings.identity import Edge, explain_edge


def label(member: Doc) -> str:
    """ "HubSpot company Acme (901)"."""
    name = f" {member['name']}" if member.get("name") else ""
    return f"{source(member['source'])} {member['object']}{name} ({member['native_id']})"


def why(account: Doc) -> list[Doc]:
    """[{"sentence", "state": accepted|dropped|ambiguous}], the links that were made first."""
    labels = {m["key"]: label(m) for m in account.get("members", ())}
    edges = account.get("edges", ())
    told = [{"sentence": _sentence(edge, labels), "state": edge["state"]} for edge in edges]
    return sorted(told, key=lambda one: one["state"] != "accepted")


def _sentence(edge: Doc, labels: dict[str, str]) -> str:
    sentence: str = explain_edge(Edge(**_fields(edge)))
    for key in (edge["a"], edge["b"]):
        sentence = sentence.replace(str(key), labels.get(key, str(key)))
    return sentence


def _fields(edge: Doc) -> dict[str, Any]:
    return {n: edge.get(n) for n in ("a", "b", "rule", "kind", "value", "state", "reason")}
