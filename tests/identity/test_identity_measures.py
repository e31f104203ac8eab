"""How well identity works, counted by hand on a few records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.errors import CorrectInput, NotFound
from hub.identity import measures, sampling
from tests.identity.ground import Ground


def linked(ground: Ground, n: int) -> str:
    """An account that both systems know; returns the desk's record."""
    ground.put("crm", "company", f"{n}", name=f"Firm {n}", domain=f"firm{n}.de")
    return ground.put("desk", "company", f"9{n}", name=f"Firm {n} desk", domain=f"firm{n}.de")


def test_shares_sizes_and_hung_records_are_counted(ground: Ground) -> None:
    linked(ground, 1)
    linked(ground, 2)
    ground.put("crm", "company", "3", name="Alone", domain="alone.de")
    ground.put("desk", "ticket", "4", name="Known", status="open", company="91")
    ground.put("desk", "ticket", "5", name="Stray", status="open")
    gone = ground.put("crm", "company", "6", name="Merged", domain="firm1.io")
    ground.merge("crm", "company", "6", into="1")
    assert ground.account(gone)

    found = measures.recount(ground.store, ground.at)

    shares = {row["source"]: (row["linked"], row["records"]) for row in found["sources"]}
    assert shares == {"crm": (2, 3), "desk": (2, 2)}
    [hung] = found["hung"]
    assert (hung["entity"], hung["linked"], hung["records"]) == ("ticket", 1, 2)
    assert found["accounts"] == 3
    assert found["sizes"] == {"p50": 2, "p99": 3, "max": 3}


def test_counts_are_kept_for_an_hour(ground: Ground) -> None:
    linked(ground, 1)
    assert measures.read(ground.store, ground.at)["counted"] is None

    assert measures.refresh(ground.store, ground.at) is True
    assert measures.refresh(ground.store, ground.at + timedelta(minutes=59)) is False
    assert measures.refresh(ground.store, ground.at + timedelta(minutes=61)) is True

    found = measures.read(ground.store, ground.at)
    assert found["counted"]["accounts"] == 1
    assert found["counted_at"] == ground.at + timedelta(minutes=61)


def test_the_backlog_names_kinds_and_the_oldest(ground: Ground) -> None:
    ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    ground.put("desk", "company", "2", name="Acme GmbH")
    since = ground.at
    ground.put("crm", "company", "3", name="Beta", domain="beta.de")
    ground.put("crm", "company", "4", name="Gamma", domain="beta.de")

    found = measures.read(ground.store, ground.at)

    waiting = {row["kind"]: row for row in found["reviews"]}
    assert (waiting["candidate"]["open"], waiting["candidate"]["oldest"]) == (1, since)
    assert waiting["dropped"] == {"kind": "dropped", "open": 0, "oldest": None}
    assert found["ambiguous_domains"] == 1


def test_a_merge_that_comes_apart_counts_once(ground: Ground) -> None:
    for n in (1, 2):
        ground.put("crm", "company", f"{n}", name=f"Firm {n}", domain=f"firm{n}.de")
        ground.put("desk", "company", f"9{n}", name=f"Desk {n}")
        ground.put("desk", "company", f"9{n}", domain=f"firm{n}.de")
    assert measures.read(ground.store, ground.at)["splits"]["rate"] == 0

    ground.put("desk", "company", "91", domain="other.de")

    splits = measures.read(ground.store, ground.at)["splits"]
    assert splits == {"merges": 2, "split_again": 1, "rate": 0.5}
    later = ground.at + timedelta(days=91)
    assert measures.read(ground.store, later)["splits"]["rate"] is None


@pytest.mark.parametrize(
    ("right", "labelled", "low", "high"),
    [
        # Brown, Cai and DasGupta's formula, worked with a table calculator.
        (0, 0, 0.0, 1.0),
        (1, 1, 0.2065, 1.0),
        (10, 10, 0.7225, 1.0),
        (0, 10, 0.0, 0.2775),
        (95, 100, 0.8882, 0.9785),
    ],
)
def test_the_interval_is_wilsons(right: int, labelled: int, low: float, high: float) -> None:
    found = sampling.wilson(right, labelled)

    assert found == pytest.approx((low, high), abs=5e-5)


def test_each_link_is_drawn_once_and_labels_make_the_precision(ground: Ground) -> None:
    for n in range(3):
        linked(ground, n)
    ground.put("crm", "company", "7", name="Alone", domain="alone.de")

    assert sampling.draw(ground.store, 10, ground.at, seed=1) == 3
    assert sampling.draw(ground.store, 10, ground.at, seed=2) == 0
    waiting = sampling.waiting(ground.store, 10)
    assert {label["kind"] for label in waiting} == {"domain"}
    for label, verdict in zip(waiting, ("right", "right", "wrong"), strict=True):
        sampling.label(ground.store, label["_id"], verdict, "ada", ground.at)

    found = sampling.precision(ground.store)
    assert (found["right"], found["labelled"], found["open"]) == (2, 3, 0)
    assert found["by_rule"] == [{"rule": 4, "labelled": 3, "right": 2}]
    sampling.label(ground.store, waiting[2]["_id"], "right", "ada", ground.at)
    assert sampling.precision(ground.store)["right"] == 3


def test_a_drawn_link_that_holds_no_more_leaves_the_sample(ground: Ground) -> None:
    linked(ground, 1)
    sampling.draw(ground.store, 5, ground.at)

    ground.put("desk", "company", "91", domain="other.de")

    assert sampling.waiting(ground.store, 5) == []
    assert sampling.precision(ground.store)["open"] == 0


def test_what_a_person_linked_is_no_proof_of_the_rules(ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    account = ground.account(one)
    edge = {"a": one, "b": "x", "rule": 0, "kind": "same", "value": "dec_1", "state": "accepted"}
    member = {"key": "x", "connection_id": "y", "source": "desk", "deleted": False}
    members = (ground.store.accounts.find_one({"_id": account}) or {})["members"]
    change = {"$set": {"edges": [edge], "members": [*members, member]}}
    ground.store.accounts.update({"_id": account}, change)

    assert sampling.draw(ground.store, 5, ground.at) == 0


def test_an_odd_label_is_refused(ground: Ground) -> None:
    with pytest.raises(CorrectInput):
        sampling.label(ground.store, "lab_1", "perhaps", "ada", ground.at)
    with pytest.raises(NotFound):
        sampling.label(ground.store, "lab_1", "right", "ada", ground.at)
    with pytest.raises(CorrectInput):
        sampling.draw(ground.store, 0, ground.at)
