"""The rule on secrets, asked last: nothing that was said, logged or shown holds one."""

from __future__ import annotations

from hub.conform.ground import SECRET, Ground
from hub.conform.rule import require, rule


@rule("secrecy", "gold", "No secret is in a client's repr, in an error, or in the log")
def keeps_secrets(ground: Ground) -> None:
    operator = ground.given.get("operator", {})
    secrets = {*ground.given["secrets"].values(), *operator.values(), SECRET} - {""}
    client = ground.client()
    places = {
        "repr of the client": [repr(client)],
        "an error": ground.said,
        "the log": ground.log(),
    }
    for where, texts in places.items():
        found = any(secret in text for text in texts for secret in secrets)
        require(not found, f"A secret is in {where}.", str(ground.folder / "client.py"))
