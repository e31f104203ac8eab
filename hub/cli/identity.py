"""`hub identity`: why records are one or are not, and what people decide about it."""

from __future__ import annotations

import sys

import click

from hub.cli import decided, quality, reviewing
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.identity import subjects, why_not
from hub.identity.vendors import of_tenant
from hub.reads import identity
from hub.store.client import Doc

MARKS = {"accepted": "+", "candidate": "?", "dropped": "-", "ambiguous": "-"}


@click.group()
def command() -> None:
    """Explain who is who, and decide where rules cannot."""


command.add_command(decided.same)
command.add_command(decided.not_same)
command.add_command(decided.split)
command.add_command(decided.give_domain)
command.add_command(decided.undo)
command.add_command(decided.decisions)
command.add_command(reviewing.reviews)
command.add_command(quality.measures)
command.add_command(quality.ruleset)
command.add_command(quality.sample)
command.add_command(quality.label)


@command.command("explain")
@click.argument("id")
@tenant_option
@json_option
def explain_(id: str, tenant: str | None, as_json: bool) -> None:
    """Say which records are an account or a contact, by which evidence, and what was refused."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        subject = subjects.find(store, id)
        vendors = of_tenant(hub, store)
        found = identity.whole(store, subject.entity, subject.id, vendors) | {"asked_id": id}
    if as_json:
        emit(found, as_json=True)
    else:
        click.echo("\n".join(identity_lines(found)))


def identity_lines(found: Doc) -> list[str]:
    """An explained identity, a line each: members, links made, links not made, history."""
    lines = [f"It is made of {len(found['members'])} records:"]
    lines += [_member(member) for member in found["members"]]
    for edge in found["edges"]:
        lines.append(f"{MARKS[edge['state']]} {edge['sentence']}")
        lines += [line for side in edge["sides"] if (line := _side(side))]
    lines += [f"? {review['sentence']} ({review['id']})" for review in found["candidates"]]
    lines += [_decision(decision) for decision in found["decisions"]]
    if found["history"]:
        lines += ["What happened, latest first:", *map(_happening, found["history"])]
    return lines


def _member(member: Doc) -> str:
    named = f", {member['name']}" if member["name"] else ""
    gone = " (deleted)" if member["deleted"] else ""
    return f"  {member['source']} {member['object']} {member['native_id']}{named}{gone}"


def _side(side: Doc) -> str:
    said = ", ".join(
        f"{fact['path'] or fact['field']} = {fact['value']}" for fact in side["fields"]
    )
    return f"    {side['source']} {side['object']} {side['native_id']}: {said}" if said else ""


def _decision(decision: Doc) -> str:
    over = f", undone by {decision['undone_by']}" if decision["undone_at"] else ""
    note = f": {decision['note']}" if decision["note"] else ""
    said = f"{decision['by']} on {decision['at']:%Y-%m-%d}{over}{note}"
    return f"! {decision['sentence']} {said} ({decision['id']})"


def _happening(entry: Doc) -> str:
    why = f" {' '.join(entry['because'])}" if entry["because"] else ""
    return f"  {entry['at']:%Y-%m-%d %H:%M} {entry['sentence']}{why}"


@command.command("why-not")
@click.argument("a")
@click.argument("b")
@tenant_option
@json_option
def why_not_(a: str, b: str, tenant: str | None, as_json: bool) -> None:
    """Say why two are not one, rule by rule. Exit code 1 when they are one."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        found = why_not.why_not(store, a, b, of_tenant(hub, store))
    if as_json:
        emit(found, as_json=True)
    else:
        click.echo("\n".join(_why_not_lines(found)))
    sys.exit(Exit.FAILED if found["same"] else Exit.DONE)


def _why_not_lines(found: Doc) -> list[str]:
    verdict = found["verdict"]
    by = f" (rule {verdict['rule']})" if verdict["rule"] is not None else ""
    lines = [f"{verdict['sentence']}{by}"]
    lines += [
        f"  rule {rule['rule']}, {rule['kind']}: {rule['sentence']}" for rule in found["rules"]
    ]
    return lines + [f"  {link['sentence']}" for link in found["links"]]
