"""Rules on what a connector says of itself: fields, guide, credentials, mapping."""

from __future__ import annotations

import json
import re

from hub.api import Connector, CorrectInput, Reconnect
from hub.conform.ground import Ground
from hub.conform.rule import require, rule

FENCED = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
SECRET_WORDS = ("token", "secret", "password", "api_key", "private_key")
GUIDE_LINES = 8


@rule("fields", "bronze", "Every field has a title and a help, and what is secret is marked so")
def fields(ground: Ground) -> None:
    for found in ground.connector.fields:
        here = str(ground.folder / "__init__.py")
        require(found.title.strip(), f"The field {found.key} has no title.", here)
        require(found.help.strip(), f"The field {found.key} has no help.", here)
        named = any(word in found.key for word in SECRET_WORDS)
        require(found.secret or not named, f"The field {found.key} is not marked secret.", here)


@rule("guide", "bronze", "The README says how to connect, and its JSON can be pasted")
def guide(ground: Ground) -> None:
    path = ground.connector.readme
    require(path.is_file(), "There is no README.md.", str(path))
    text = path.read_text()
    require(text.startswith("# "), "The README begins with no title.", str(path))
    require(len(text.splitlines()) >= GUIDE_LINES, "The README has no set-up steps.", str(path))
    for block in FENCED.findall(text):
        try:
            json.loads(block)
        except ValueError as error:
            require(False, f"A JSON block of the README cannot be read: {error}.", str(path))


@rule("open", "bronze", "Opening a client calls nobody")
def opens(ground: Ground) -> None:
    before = dict(ground.vendor.calls)
    ground.client()
    require(ground.vendor.calls == before, "open() called the vendor.", _file(ground, "client"))


@rule("connect", "bronze", "The credentials are tried, and name the same account each time")
def connects(ground: Ground) -> None:
    first, second = (ground.connector.check(ground.client()) for _ in range(2))
    require(first.id and first.name, "check() names no account.", _file(ground, "client"))
    require(first == second, "check() names another account the second time.")


@rule("refuse", "bronze", "Wrong credentials are refused, by an error that says what to do")
def refuses(ground: Ground) -> None:
    for key in ground.given["secrets"]:
        wrong = ground.given["secrets"][key][:-4] + "oops"
        try:
            ground.connector.check(ground.client(**{key: wrong}))
        except (CorrectInput, Reconnect) as error:
            ground.heard(error)
            require(wrong not in error.sentence, f"The error about {key} repeats the secret.")
        except Exception as error:
            name = type(error).__name__
            require(False, f"A wrong {key} raised {name}.", _file(ground, "client"))
        else:
            require(not _proves(ground.connector, key), f"A wrong {key} was accepted.")


def _proves(connector: Connector, key: str) -> bool:
    """Whether a field is among the credentials; what signs webhooks proves nothing here."""
    return any(f.key == key and f.secret and f.required for f in connector.fields)


@rule("mapped", "bronze", "Every stream that has an entity has a mapping to it")
def mapped(ground: Ground) -> None:
    for stream in ground.connector.streams:
        mapping = ground.mappings.get(stream.object)
        where = str(ground.connector.mapping)
        if stream.entity is None:
            continue
        require(mapping is not None, f"{stream.name} is mapped to nothing.", where)
        assert mapping is not None
        wrong = f"{stream.name} is mapped to {mapping.entity}, not to {stream.entity}."
        require(mapping.entity == stream.entity, wrong, where)


def _file(ground: Ground, name: str) -> str:
    return str(ground.folder / f"{name}.py")
