"""Where a trial begins: a recorded file, one record, or an edit that the sandbox makes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hub.api import Record, Webhook
from hub.conform.ground import Ground
from hub.conform.receiving import SETTLE_S, Pushed, Receiver
from hub.conform.recorded import Payload
from hub.conform.sink import Sink
from hub.errors import CorrectInput, NotFound
from hub.plugin_host import PluginHost
from hub.trying import mapped
from hub.trying.footing import Footing, bare, learn, on_sandbox, payload_of
from hub.trying.picture import PROFILES, Against
from hub.trying.step import Step
from hub.trying.walk import walk

EDITS = 12


def of_file(
    host: PluginHost, name: str, file: Path, webhook: str, against: Against
) -> Iterator[Step]:
    """A recorded payload with its entry in the index.yaml beside it: a body, or records.

    Raises NotFound, and CorrectInput for a file of which nobody says what it is.
    """
    payload = _known(payload_of(file), webhook)
    connector = host.connector(name)
    hook = webhook_of(connector.webhooks, payload.webhook) if payload.webhook else None
    with _standing(host, name) as footing:
        if hook is not None:
            yield from walk(footing, hook, payload.delivery(), payload.registration(), against)
        for object, record in payload.records():
            yield from mapped.one(footing, object, record, against)


def _known(payload: Payload, webhook: str) -> Payload:
    if payload.objects or payload.webhook:
        return payload
    if not webhook:
        sentence = f"index.yaml does not say what {payload.file.name} is: add it, or --webhook."
        raise CorrectInput(sentence, field="webhook")
    return replace(payload, webhook=webhook)


def webhook_of(webhooks: Sequence[Webhook], name: str) -> Webhook:
    """Raises NotFound naming those there are."""
    found = next((w for w in webhooks if w.name == name), None)
    if found is None:
        known = ", ".join(w.name for w in webhooks) or "none"
        raise NotFound(f"There is no webhook {name}; there is {known}.")
    return found


def of_record(
    host: PluginHost, name: str, stream: str, file: Path, against: Against
) -> Iterator[Step]:
    """One record out of a JSON file, as the stream would bring it."""
    try:
        record = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise CorrectInput(f"{file}: {type(error).__name__}: {error}", field="record") from None
    if not isinstance(record, dict):
        raise CorrectInput(f"{file} holds no JSON object.", field="record")
    with _standing(host, name) as footing:
        yield from mapped.one(footing, _mapped_object(footing, stream), record, against)


def of_id(
    host: PluginHost, name: str, stream: str, native_id: str, against: Against
) -> Iterator[Step]:
    """One record read from the sandbox by its id, or the first of the list where none is given."""
    with on_sandbox(host, name) as (footing, _):
        object = _mapped_object(footing, stream)
        record = read_one(footing, stream, native_id)
        yield from mapped.one(footing, object, record, against)


def read_one(footing: Footing, stream: str, native_id: str) -> Record:
    """Raises NotFound with an id that there is."""
    found = footing.stream(stream)
    if not native_id or found.fetch is None:
        listed = footing.listed(found.object)
        some = [r for r in listed if native_id in ("", footing.native_id(found.object, r))]
    else:
        answer = found.fetch(footing.client, [native_id])
        some = [one for one in answer if isinstance(one, dict)]
    if not some:
        known = [footing.native_id(found.object, r) for r in footing.listed(found.object)[:3]]
        there = f"there is {', '.join(known)}" if known else "there is none at all"
        raise NotFound(f"The sandbox has no {found.object} {native_id}; {there}.")
    return some[0]


def _mapped_object(footing: Footing, stream: str) -> str:
    object = footing.stream(stream).object
    if object not in footing.source.mappings:
        raise NotFound(f"No mapping is there for {object}.")
    return object


def by_itself(host: PluginHost, name: str, webhook: str, against: Against) -> Iterator[Step]:
    """The sandbox makes an edit and pushes; without webhooks, the first record of a list."""
    connector = host.connector(name)
    chosen = [webhook_of(connector.webhooks, webhook)] if webhook else list(connector.webhooks)
    with on_sandbox(host, name) as (footing, ground):
        learn(footing, ground)
        for hook in chosen:
            pushed = _provoke(ground, hook)
            if pushed is not None:
                yield from walk(footing, hook, pushed.delivery, pushed.registration, against)
                return
        stream = next(iter(ground.filled()), None)
        if stream is None:
            raise NotFound(f"The sandbox of {name} pushes nothing and lists nothing.")
        yield from mapped.one(footing, stream.object, ground.records(stream)[0], against)


def _provoke(ground: Ground, webhook: Webhook) -> Pushed | None:
    """A push about a profile where one of some edits brings it, else the first that says much."""
    receiver = Receiver(ground, webhook)
    with Sink(receiver.answer, ground.vendor.moment) as sink:
        receiver.sink = sink
        receiver.subscribe()
        for _ in range(EDITS):
            ground.vendor.stir_many(1)
            ground.vendor.settle(SETTLE_S)
            receiver.take()
            if _rank(ground, webhook, receiver.found.pushed[-1:]) == 0:
                break
        receiver.unsubscribe()
    pushed = receiver.found.pushed
    return min(pushed, key=lambda one: _rank(ground, webhook, [one]), default=None)


def _rank(ground: Ground, webhook: Webhook, pushed: Sequence[Pushed]) -> int:
    """0: about an account or contact; 1: about another record; 2: nothing that is used."""
    best = 2
    for one in pushed:
        try:
            changes = [c for c in webhook.parse(one.delivery) if not c.rule and c.native_id]
        except Exception:
            return 0
        entities = {
            ground.mappings[c.object].entity for c in changes if c.object in ground.mappings
        }
        best = min(best, 0 if entities & {*PROFILES} else 1 if entities else 2)
    return best


@contextmanager
def _standing(host: PluginHost, name: str) -> Iterator[Footing]:
    """On the sandbox where there is one, so that records can be read by id."""
    if not (host.connector(name).mapping.parent / "sandbox.py").is_file():
        yield bare(host, name)
        return
    with on_sandbox(host, name) as (footing, _):
        yield footing
