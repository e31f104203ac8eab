"""The rule on secrets, asked last: nothing that was said, logged or shown holds one."""

from __future__ import annotations

import json

from hub.conform.ground import Ground
from hub.conform.receiving import SECRET
from hub.conform.rule import require, rule


@rule("secrecy", "gold", "No secret is in a client's repr, an error, a cursor, a fact or the log")
def keeps_secrets(ground: Ground) -> None:
    operator = ground.given.get("operator", {})
    secrets = {*ground.given["secrets"].values(), *operator.values(), SECRET} - {""}
    client = ground.client()
    places = {
        "repr of the client": [repr(client), repr(ground.account())],
        "an error": ground.said,
        "a cursor": [json.dumps(c, default=str) for c in ground.cursors()],
        "what describe tells": [json.dumps(ground.source().context.account, default=str)],
        "the log": ground.log(),
    }
    for where, texts in places.items():
        found = any(secret in text for text in texts for secret in secrets)
        require(not found, f"A secret is in {where}.", str(ground.folder / "client.py"))
