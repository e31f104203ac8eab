"""Writing back: what the hub knows of a customer, into one field that the tenant chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that the vendor did not let us write, and why, in a sentence for people.

    again_s: where it passes by itself (a lock), in about so many seconds; else it is tried again
    a day later.
    """

    native_id: str
    sentence: str
    again_s: float | None = None


def _nothing(client: Any) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class WriteBack:
    """How a vendor's record of a customer takes a text.

    object: the stream's object that stands for the customer. fields(client): (path, title) of the
    fields that this user may write, that hold at least 255 characters of text, and that people
    made for themselves; the path is as in the record and in `describe`. lacks(client): the
    permissions that are missing to write at all, each with where it is granted.
    write(client, field, texts): texts by native id, at most `batch` of them, "" to empty the field;
    returns the refusals of single records, raises as any call where all failed.
    create: how an admin makes such a field, in a sentence or two. stamps: the record's paths that
    every write moves, whoever writes. `batch`: records in one call.
    """

    object: str
    fields: Callable[[Any], Sequence[tuple[str, str]]]
    write: Callable[[Any, str, Sequence[tuple[str, str]]], Sequence[Refusal]]
    create: str = ""
    stamps: tuple[str, ...] = ()
    lacks: Callable[[Any], Sequence[str]] = _nothing
    batch: int = 100
