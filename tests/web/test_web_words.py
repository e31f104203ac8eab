"""How times, money and points are said; expected words are worked by hand."""

from __future__ import annotations

import pytest

from hub.web.screens import words

DAY = 86_400


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (59, "59 sec ago"),
        (60, "1 min ago"),
        (3_599, "59 min ago"),
        (3_600, "1 hour ago"),
        (7_200, "2 hours ago"),
        (-7_200, "in 2 hours"),
        (DAY, "1 day ago"),
        (40 * DAY, "1 month ago"),
        (800 * DAY, "2 years ago"),
    ],
)
def test_times_in_words(seconds: float, said: str) -> None:
    assert words.spoken(seconds) == said


@pytest.mark.parametrize(
    ("minor", "exponent", "said"),
    [
        (360_000, 2, "EUR 3,600"),
        (360_050, 2, "EUR 3,600.50"),
        (840_000, 0, "EUR 840,000"),
        (-5, 2, "EUR −0.05"),
        (1_234, 3, "EUR 1.234"),
    ],
)
def test_money(minor: int, exponent: int, said: str) -> None:
    given = {"minor": minor, "currency": "EUR", "exponent": exponent}

    assert words.money(given) == said


def test_points_have_a_true_minus_and_one_decimal() -> None:
    assert words.points(-6.25, signed=True) == "−6.3"
    assert words.points(3.0, signed=True) == "+3.0"


def test_what_a_vendor_wrote_is_escaped() -> None:
    assert "<b>" not in str(words.value(["<b>x</b>"]))
    assert words.value("javascript:alert(1)") == "javascript:alert(1)"


@pytest.mark.parametrize(
    ("minor", "exponent", "said"),
    [(81135, 2, "AUD 811"), (81150, 2, "AUD 812"), (840, 0, "AUD 840"), (-150, 2, "AUD −2")],
)
def test_money_in_whole_units(minor: int, exponent: int, said: str) -> None:
    given = {"minor": minor, "currency": "AUD", "exponent": exponent}
    assert words.money(given, rounded=True) == said


@pytest.mark.parametrize(("given", "said"), [(6.25, "6.3"), (0.05, "0.1"), (-6.25, "−6.3")])
def test_tenths_of_points_are_rounded_as_at_school(given: float, said: str) -> None:
    assert words.points(given) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [(35.0, "35"), (0.41666, "0.417"), (0.0, "0"), (100.0, "100"), (1200, "1,200")],
)
def test_numbers_end_without_noughts(given: float, said: str) -> None:
    assert words.plain_number(given) == said
