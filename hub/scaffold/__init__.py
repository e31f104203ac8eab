"""A new connector from a few answers: a folder that is gold at once, to be changed into yours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.errors import AlreadyThere, CorrectInput

TEMPLATES = Path(__file__).parent / "connector"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
Auth = Literal["bearer", "header", "basic"]
Paging = Literal["cursor", "offset", "number", "link"]
Signature = Literal["hmac", "stamped", "shared"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a developer says of the vendor.

    auth: how the key is sent. paging: how lists go on. signature: `hmac` over the body, `stamped`
    with a time that is signed along, or `shared` where the vendor signs nothing.
    """

    name: str
    title: str
    auth: Auth = "bearer"
    paging: Paging = "cursor"
    signature: Signature = "hmac"


def write(answers: Answers, folder: Path) -> list[Path]:
    """Make `folder/<name>` with every file of a connector; returns what was written.

    Raises CorrectInput for a name that is none, AlreadyThere where something is in the way.
    """
    if not NAME.fullmatch(answers.name):
        raise CorrectInput(
            "A name has small letters, digits and underscores, such as acme_desk.", field="name"
        )
    home = folder / answers.name
    if home.exists():
        raise AlreadyThere(f"{home} is there already.", field="name")
    files = render(answers)
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return [home / name for name in files]


def render(answers: Answers) -> Mapping[str, str]:
    """The text of each file by name. Only what was chosen is in it: no dead options."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python and YAML, not HTML
    )
    words = {**asdict(answers), "cls": _class_name(answers.name)}
    return {
        name.removesuffix(".j2"): environment.get_template(name).render(words)
        for name in sorted(environment.list_templates())
    }


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
