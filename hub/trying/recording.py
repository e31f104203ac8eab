"""Recording a real delivery as a payload of the connector, with nobody's data in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hub.api import Connector, Delivery, Webhook
from hub.conform.recorded import INDEX, folder_of
from hub.errors import CorrectInput
from hub.trying.alike import differences
from hub.trying.bodies import scrubbed
from hub.trying.keys import vocabulary
from hub.trying.resign import SECRET, signed
from hub.trying.scrub import Replaced, Scrubber

PROVING = ("sign", "secret", "token", "auth", "cookie", "hmac", "key")
CARRYING = ("forward", "real-ip", "client-ip", "trace", "request-id", "amzn", "proxy", "tunnel")
HEADER = (
    "# Recorded from a real account on {day:%Y-%m-%d} and scrubbed."
    " Fill in `follows`: the vendor's document and section.\n"
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The file that was written, whether it verifies, and what was replaced in it."""

    file: Path
    verifies: bool
    replaced: tuple[Replaced, ...]


class Recorder:
    """One for all deliveries of a session, so that a person is the same in each of them.

    kept: keys whose values hold nothing of anybody. into: where it is written, else the connector's
    own payloads.
    """

    def __init__(
        self,
        connector: Connector,
        account: str,
        kept: Collection[str] = (),
        into: Path | None = None,
    ) -> None:
        folder = connector.mapping.parent
        self._folder, self._account = into or folder_of(folder), account
        self._scrubber = Scrubber(vocabulary(folder), kept)

    def record(self, webhook: Webhook, real: Delivery) -> Recorded:
        """Raises CorrectInput for a body that cannot be scrubbed without changing what it says."""
        before = len(self._scrubber.replaced)
        body = scrubbed(real.body, self._scrubber)
        plain = Delivery("POST", URL, self._headers(real.headers), body, real.received_at)
        if found := differences(webhook, real, plain):
            raise CorrectInput(f"Nothing is written: {'; '.join(found)}. {HINT}", field="keep")
        account = self._scrubber.account(self._account)
        proof = signed(webhook, plain, account)
        file = self._write(webhook, plain, proof, account)
        return Recorded(file, proof is not None, tuple(self._scrubber.replaced[before:]))

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Those of the vendor's own that neither prove anything nor tell the way it came."""
        own = {
            name: value
            for name, value in headers.items()
            if name.startswith("x-") and not any(w in name for w in (*PROVING, *CARRYING))
        }
        for name, value in own.items():
            self._scrubber.learn((name,), value)
        made = {name: self._scrubber.value((name,), value) for name, value in own.items()}
        kind = headers.get("content-type", "").partition(";")[0]
        return {"content-type": kind, **made} if kind else made

    def _write(
        self, webhook: Webhook, made: Delivery, proof: Mapping[str, str] | None, account: str
    ) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        suffix = "xml" if made.body.lstrip().startswith(b"<") else "json"
        taken = {path.stem for path in self._folder.iterdir()}
        names = (f"{webhook.name}_recorded_{n}" for n in range(1, len(taken) + 2))
        file = self._folder / f"{next(n for n in names if n not in taken)}.{suffix}"
        file.write_bytes(made.body)
        entry: dict[str, Any] = {"webhook": webhook.name, "follows": ""}
        entry |= {"received_at": made.received_at, "headers": {**made.headers, **(proof or {})}}
        if proof is not None:
            entry |= {"secret": SECRET, "account": account}
        text = HEADER.format(day=made.received_at) + yaml.safe_dump({file.name: entry})
        with (self._folder / INDEX).open("a", encoding="utf-8") as index:
            index.write(text)
        return file


URL = "https://hub.example/webhooks/vendor/key"
HINT = "Name with --keep the keys whose values it needs and that hold nothing of anybody."


def of_row(row: Mapping[str, Any]) -> Delivery:
    """A stored delivery, whose address and proofs are left out."""
    at = row["received_at"]
    return Delivery("POST", URL, dict(row["headers"]), bytes(row["body"]), at)
