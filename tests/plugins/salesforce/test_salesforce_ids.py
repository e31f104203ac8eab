"""The two forms of a Salesforce id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sandbox.ids import with_check
from plugins.salesforce.ids import id18, is_id

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def test_the_vendor_s_published_account_id() -> None:
    """From the query example of the REST guide."""
    assert id18("001XX000003DHPh") == "001XX000003DHPhYAO"


def test_18_characters_stay() -> None:
    assert id18("001XX000003DHPhYAO") == "001XX000003DHPhYAO"


@given(st.text(alphabet=ALPHABET, min_size=15, max_size=15))
def test_agrees_with_an_independent_reckoning(short: str) -> None:
    assert id18(short) == with_check(short)


@pytest.mark.parametrize("text", ["", "001", "001XX000003DHPh'", "001*", None, 15, "0" * 17])
def test_what_is_no_id(text: object) -> None:
    assert not is_id(text)
    with pytest.raises((ValueError, TypeError)):
        id18(text)  # type: ignore[arg-type]
