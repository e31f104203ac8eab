"""Each conversion by hand-worked rows: what goes in, what comes out, what is refused."""

# ruff: noqa: E501 - a row of a table reads best on one line
from __future__ import annotations

import json
import struct
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.conversions import BUILTINS
from mappings.country import ALPHA2, country_code
from mappings.errors import Unmappable
from mappings.money import EXPONENTS, money, money_minor
from mappings.plain import plain


def convert(name: str, value: Any) -> Any:
    return BUILTINS[name].call(value, None)


def at(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, second, micro, UTC)


FITS: dict[str, tuple[str, Any, Any]] = {
    "text-trimmed": ("text", "  Acme Ltd \n", "Acme Ltd"),
    "text-white-is-blank": ("text", " \t", None),
    "text-empty-list-is-blank": ("text", [], None),
    "text-nul-left-out": ("text", "Ac\0me", "Acme"),
    "text-lone-surrogate": ("text", "Ac\ud800me", "Ac\ufffdme"),
    "text-emoji-kept": ("text", "Zoë 🚀", "Zoë 🚀"),
    "id-number": ("id", 9007199254740993, "9007199254740993"),
    "id-text": ("id", " 001A ", "001A"),
    "timestamp-zulu": ("timestamp", "2026-02-01T09:00:00Z", at(2026, 2, 1, 9)),
    "timestamp-jira": ("timestamp", "2026-02-01T10:30:00.250+0100", at(2026, 2, 1, 9, 30, 0, 250000)),
    "timestamp-salesforce": ("timestamp", "2026-02-01T09:00:00.000+0000", at(2026, 2, 1, 9)),
    "timestamp-no-zone-is-utc": ("timestamp", "2026-02-01T09:00:00", at(2026, 2, 1, 9)),
    "timestamp-day-only": ("timestamp", "2026-02-01", at(2026, 2, 1)),
    "timestamp-micros-cut": ("timestamp", "2026-02-01T09:00:00.123999Z", at(2026, 2, 1, 9, 0, 0, 123000)),
    "timestamp-end-of-time": ("timestamp", "9999-12-31T23:59:59Z", at(9999, 12, 31, 23, 59, 59)),
    "epoch-seconds": ("epoch_s", 1_700_000_000, at(2023, 11, 14, 22, 13, 20)),
    "epoch-millis-text": ("epoch_ms", "1700000000123", at(2023, 11, 14, 22, 13, 20, 123000)),
    "day": ("day", "2026-03-31", "2026-03-31"),
    "day-is-the-utc-day": ("day", "2026-03-31T00:30:00+02:00", "2026-03-30"),
    "integer-text": ("integer", " 250 ", 250),
    "integer-of-a-round-float": ("integer", 12.0, 12),
    "integer-most-negative": ("integer", -(2**63), -(2**63)),
    "number-text": ("number", "12.50", 12.5),
    "number-exponent": ("number", "1e3", 1000),
    "percent": ("percent", 35, 0.35),
    "percent-text": ("percent", "7.5", 0.075),
    "minutes-half-to-even": ("minutes", 150, 2),
    "minutes": ("minutes", 3600, 60),
    "bool-text": ("bool", "TRUE", True),
    "bool-zero": ("bool", 0, False),
    "present": ("present", "2026-01-01", True),
    "absent": ("present", "  ", False),
    "phone-with-country": ("phone", "+44 (20) 7946-0958", "+442079460958"),
    "phone-double-zero": ("phone", "0049 30 901820", "+4930901820"),
    "phone-national-as-written": ("phone", "030 901820", "030 901820"),
    "phones-once": ("phones", ["+44 20 79460958", "", "+442079460958"], ["+442079460958"]),
    "emails-split": ("emails", ["A@x.com; b@y.org", None, "a@X.com"], ["a@x.com", "b@y.org"]),
    "emails-junk-left-out": ("emails", ["not an address"], None),
    "email-lower": ("email", " Ann@Example.ORG ", "ann@example.org"),
    "domains-registrable": (
        "domains",
        ["https://www.acme-tools.co.uk/x", "shop.acme-tools.co.uk;acme-tools.de", "supernova"],
        ["acme-tools.co.uk", "acme-tools.de"],
    ),
    "country-name": ("country", " united  states ", "US"),
    "country-alpha3": ("country", "DEU", "DE"),
    "country-unknown": ("country", "Middle Earth", None),
    "list": ("list", [["a", 7], "a", None], ["a", "7"]),
    "tags-split": ("tags", "red; blue,red", ["red", "blue"]),
    "html-blocks": ("html_text", "<p>One &amp; two</p><div>three<br>four</div>", "One & two\nthree\nfour"),
    "html-no-script": ("html_text", "a<script>if (1 < 2) {}</script><style>p{}</style>b", "ab"),
    "html-comment": ("html_text", "a<!-- <b>secret</b> > -->b", "ab"),
    "html-doctype": ("html_text", "<!DOCTYPE html><p>a", "a"),
    "html-only-tags": ("html_text", "<p><br/></p>", None),
    "html-less-than": ("html_text", "1 < 2", "1 < 2"),
    "adf-plain": ("adf_text", "as older endpoints send", "as older endpoints send"),
    "adf": (
        "adf_text",
        {
            "type": "doc",
            "content": [
                {"type": "paragraph", "content": [
                    {"type": "text", "text": "Hello "},
                    {"type": "mention", "attrs": {"id": "1", "text": "@Ann"}},
                    {"type": "hardBreak"},
                    {"type": "text", "text": "line two"},
                ]},
                {"type": "bulletList", "content": [
                    {"type": "listItem", "content": [
                        {"type": "paragraph", "content": [{"type": "text", "text": "item"}]}]}]},
            ],
        },
        "Hello @Ann\nline two\nitem",
    ),
    "plain-names": ("plain", {"a.b": 1, "$set": 2, "ok$": 3, "50%": 4}, {"a%2Eb": 1, "%24set": 2, "ok$": 3, "50%25": 4}),
    "plain-huge-integer": ("plain", [2**63], ["9223372036854775808"]),
    "plain-nan": ("plain", {"x": float("nan")}, {"x": None}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value", "expected"), FITS.values(), ids=FITS.keys())
def test_converts(name: str, value: Any, expected: Any) -> None:
    made = convert(name, value)
    assert (expected, type(expected)) == (made, type(made))


REFUSED: dict[str, tuple[str, Any, str]] = {
    "number-for-text": ("text", 7, "text is due, not a number"),
    "flag-for-text": ("text", True, "text is due, not true or false"),
    "megabyte": ("text", "x" * 1_000_000, "1,000,000 characters"),
    "object-for-id": ("id", {"a": 1}, "an id"),
    "flag-for-id": ("id", True, "an id"),
    "fraction-for-id": ("id", 1.5, "an id"),
    "id-with-nul": ("id", "a\0b", "characters that no id has"),
    "long-id": ("id", "x" * 1025, "too long"),
    "year-1": ("timestamp", "0001-01-01T00:00:00Z", "the year 1 is before 1900"),
    "year-1-day": ("day", "0001-01-01", "the year 1 is before 1900"),
    "number-for-time": ("timestamp", 1_700_000_000, "a time as ISO 8601 text is due"),
    "digits-for-time": ("timestamp", "20260101", "not an ISO 8601 time"),
    "no-such-day": ("day", "2026-02-30", "not an ISO 8601"),
    "beyond-the-calendar": ("timestamp", "9999-12-31T23:59:59-05:00", "not an ISO 8601 time"),
    "epoch-overflow": ("epoch_s", 10**18, "out of range"),
    "fraction-for-integer": ("integer", "12.5", "whole number"),
    "integer-65-bits": ("integer", 2**63, "64 bits"),
    "huge-exponent": ("integer", "1e99", "64 bits"),
    "nan": ("number", float("nan"), "finite"),
    "infinity": ("number", "Infinity", "not one"),
    "beyond-a-double": ("number", "1e999", "too large"),
    "thousands": ("number", "1,200", "not one"),
    "word-for-flag": ("bool", "maybe", "true or false is due"),
    "two-for-flag": ("bool", 2, "true or false is due"),
    "object-in-list": ("list", [{"a": 1}], "text is due, not an object"),
    "number-in-emails": ("emails", [5], "text is due, not a number"),
    "list-for-document": ("adf_text", [1], "an Atlassian document is due"),
    "too-deep": ("plain", json.loads("[" * 40 + "1" + "]" * 40), "32 levels"),
    "too-many": ("plain", list(range(10_001)), "10,000 values"),
}


@pytest.mark.parametrize(("name", "value", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(name: str, value: Any, told: str) -> None:
    with pytest.raises(Unmappable, match=told):
        convert(name, value)


MONEY: dict[str, tuple[Any, str, int, int]] = {
    "text": ("1234.56", "EUR", 123456, 2),
    "integer": (1234, "USD", 123400, 2),
    "float-without-drift": (1.15, "EUR", 115, 2),
    "float-sum": (0.1 + 0.2, "EUR", 30, 2),
    "yen": ("1234", "JPY", 1234, 0),
    "dinar": ("1.234", "KWD", 1234, 3),
    "unidad-de-fomento": ("1.2345", "CLF", 12345, 4),
    "lower-case-code": ("1", "eur", 100, 2),
    "tie-to-even-down": ("0.125", "EUR", 12, 2),
    "tie-to-even-up": ("0.135", "EUR", 14, 2),
    "float-tie-as-written": (2.675, "EUR", 268, 2),
    "negative": ("-0.01", "GBP", -1, 2),
    "beyond-a-double": ("90071992547409.93", "EUR", 9007199254740993, 2),
    "exponent": ("1.5e3", "EUR", 150000, 2),
}


@pytest.mark.parametrize(("value", "code", "minor", "exponent"), MONEY.values(), ids=MONEY.keys())
def test_money_is_exact(value: Any, code: str, minor: int, exponent: int) -> None:
    assert {"minor": minor, "currency": code.upper(), "exponent": exponent} == money(value, code)


NO_MONEY: dict[str, tuple[Any, Any, str]] = {
    "unknown-code": (1, "EURO", "not an ISO 4217 code"),
    "code-is-a-number": (1, 978, "not an ISO 4217 code"),
    "no-code": (1, None, "has no currency"),
    "64-bits": (2**63, "JPY", "beyond 64 bits"),
    "beyond-everything": ("9" * 30, "EUR", "beyond 64 bits"),
    "words": ("a lot", "EUR", "a number is due"),
    "flag": (True, "EUR", "a number is due"),
}


@pytest.mark.parametrize(("value", "code", "told"), NO_MONEY.values(), ids=NO_MONEY.keys())
def test_money_refuses(value: Any, code: Any, told: str) -> None:
    with pytest.raises(Unmappable, match=told):
        money(value, code)


def test_blank_amount_needs_no_currency() -> None:
    assert money("", None) is None


def test_minor_units_are_whole() -> None:
    assert money_minor(4200, "jpy") == {"minor": 4200, "currency": "JPY", "exponent": 0}
    with pytest.raises(Unmappable, match="whole numbers"):
        money_minor("42.5", "EUR")


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(EXPONENTS)))
def test_money_written_out_comes_back(minor: int, code: str) -> None:
    written = str(Decimal(minor).scaleb(-EXPONENTS[code]))
    made = money(written, code)
    assert made is not None
    assert Fraction(written) == Fraction(made["minor"], 10 ** made["exponent"])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_is_the_same_number(value: float) -> None:
    made = convert("number", repr(value))
    assert struct.pack("d", value + 0.0) == struct.pack("d", float(made))


@given(
    st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(9999, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
)
def test_any_offset_names_the_same_moment(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    made = convert("timestamp", zoned.isoformat())
    assert timedelta(0) <= zoned - made < timedelta(milliseconds=1)
    assert made.microsecond % 1000 == 0


def test_datetime_and_date_objects_are_taken() -> None:
    assert at(2026, 1, 1) == convert("timestamp", datetime(2026, 1, 1))
    assert convert("day", date(2026, 1, 1)) == "2026-01-01"


def test_all_249_countries_of_the_standard() -> None:
    assert len(ALPHA2) == 249
    assert {country_code(code) for code in ALPHA2} == set(ALPHA2)


def test_no_two_names_fall_together() -> None:
    """Percent-encoding keeps apart what a plain replacement would merge."""
    assert len(plain({"a.b": 1, "a%2Eb": 2, "a_b": 3})) == 3


def test_html_is_read_in_linear_time() -> None:
    assert convert("html_text", "<script" * 30_000) == "<script" * 30_000
    assert convert("html_text", "x" + "<!--" * 30_000) == "x"
