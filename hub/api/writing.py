"""Writing back: what the hub knows of a customer, into one field that the tenant chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that the vendor did not let us write, and why, in a sentence for people."""

    native_id: str
    sentence: str


@dataclass(frozen=True, slots=True)
class WriteBack:
    """How a vendor's record of a customer takes a text.

    object: the stream's object that stands for the customer. fields(client): (name, title) of the
    fields that this user may write and that hold at least 255 characters of text.
    write(client, field, texts): texts by native id, at most `batch` of them; returns the refusals
    of single records, raises as any call where all failed. `batch`: records in one call.
    """

    object: str
    fields: Callable[[Any], Sequence[tuple[str, str]]]
    write: Callable[[Any, str, Sequence[tuple[str, str]]], Sequence[Refusal]]
    batch: int = 100
