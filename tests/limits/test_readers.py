"""Readers of the headers that vendors share: plain counts, and the fields of the IETF's draft."""

from __future__ import annotations

from hub.api import Left
from hub.api.limits import Counted, announced


def test_plain_counts_whatever_the_case_of_their_names() -> None:
    headers = {"x-ratelimit-remaining": "12", "X-RATELIMIT-LIMIT": "60", "x-ratelimit-reset": "7"}
    assert list(Counted(60.0).left(headers)) == [Left(60.0, 12, 60)]
    told = Counted(60.0, reset="X-RateLimit-Reset", only="search").left(headers)
    assert list(told) == [Left(60.0, 12, 60, 7, "search")]


def test_no_count_says_nothing() -> None:
    for text in ("", "-1", "many", "1e3", "²"):
        assert list(Counted(60.0).left({"X-RateLimit-Remaining": text})) == []
    assert list(Counted(60.0).left({"X-RateLimit-Limit": "60"})) == []


def test_the_drafts_own_example() -> None:
    """draft-ietf-httpapi-ratelimit-headers, "RateLimit-Policy" and "RateLimit"."""
    headers = {
        "RateLimit-Policy": '"burst";q=100;w=60,"daily";q=1000;w=86400',
        "RateLimit": '"burst";r=50;t=30',
    }
    assert list(announced(headers)) == [Left(60.0, 50, 100, 30), Left(86_400.0, None, 1000)]


def test_of_two_quotas_of_one_length_the_tighter_counts() -> None:
    headers = {
        "ratelimit-policy": '"user";q=100;w=60, "app";q=1000;w=60',
        "ratelimit": '"user";r=90;t=5, "app";r=3;t=9',
    }
    assert list(announced(headers)) == [Left(60.0, 3, 1000, 9)]


def test_what_is_no_list_says_nothing() -> None:
    for text in ("", "100", '"x"', '"x";q=5', '"x";w=0;q=5', "\x00" * 50):
        assert list(announced({"RateLimit-Policy": text, "RateLimit": text})) == []
