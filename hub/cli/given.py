"""Values given on the command line as k=v, without showing secrets to the process list."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from hub.errors import CorrectInput


def pairs(given: Sequence[str], *, hidden: bool = False) -> dict[str, str]:
    """{"k": "v"}; for hidden values `k=-` reads standard input and `k=@FILE` a file, to the end.

    Raises CorrectInput; its sentence never repeats a value.
    """
    found: dict[str, str] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            what = "--secret" if hidden else "--set"
            raise CorrectInput(f"{what} takes KEY=VALUE.", field=what.strip("-"))
        found[key.strip()] = _read(key, value) if hidden else value
    return found


def _read(key: str, value: str) -> str:
    if value == "-":
        return sys.stdin.read().strip()
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CorrectInput(
            f"The file of {key} cannot be read: {type(error).__name__}.", field=key
        ) from None
