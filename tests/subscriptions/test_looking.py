"""Looking after subscriptions: what is lost comes back, what is left over goes, strangers stay."""

from __future__ import annotations

from typing import Any

import pytest

from hub import connections, removal
from hub.api import GiveUp
from hub.errors import NotFound
from hub.subscriptions import desk as desks
from hub.subscriptions import looking
from tests.stage import Stage
from tests.subscriptions.watched import Watched, replaced

ELSEWHERE = "https://another.example/hooks/asana/key"


def unheard(url: str) -> bool:
    """A subscription that the sandbox makes without shaking hands."""
    return True


def made_behind_our_back(watched: Watched, url: str) -> str:
    """The vendor has a subscription that we know nothing of."""
    vendor = watched.vendor
    greet, vendor.greet = vendor.greet, unheard
    try:
        home = watched.endpoints()[0]["target"]
        return str(vendor.subscribe(url, "s", extra={"resource": home}).id)
    finally:
        vendor.greet = greet


def home(watched: Watched) -> str:
    return f"{watched.stage.hub.settings.public_url}/webhooks/asana/"


def test_nothing_is_touched_where_all_is_well(asana: Watched) -> None:
    before = asana.there()
    asana.look_at_vendor()
    assert asana.there() == before == asana.ours()
    assert asana.watch()["trouble"] is None


def test_what_the_vendor_ended_is_asked_for_again_under_a_new_key(asana: Watched) -> None:
    asana.later(hours=1)
    [first, *rest] = asana.endpoints()
    asana.vendor.unsubscribe(first["vendor_id"])
    asana.look_at_vendor()
    assert asana.there() == asana.ours()
    assert len(asana.endpoints()) == len(rest) + 1
    assert first["_id"] not in {e["_id"] for e in asana.endpoints()}
    assert {e["target"] for e in asana.endpoints()} == {e["target"] for e in [first, *rest]}


def test_a_loss_is_told_once_and_asked_for_a_bounded_number_of_times(asana: Watched) -> None:
    """Five tries: at once, and 5 minutes, 1, 6 and 24 hours after the one before."""
    asana.later(hours=1)
    lost = asana.endpoints()[0]
    asana.vendor.unsubscribe(lost["vendor_id"])
    asked: list[str] = []
    before = told_of_losses(asana)

    def refuse(client: Any, url: str, target: str, secret: str | None) -> Any:
        asked.append(target)
        raise GiveUp("Not now.")

    with replaced(asana, "register", refuse):
        for hours in (0, 1, 2, 7, 25, 25, 25):
            asana.later(hours=hours)
            asana.look_at_vendor()
        assert asked == [lost["target"]] * 5
        kept = next(e for e in asana.endpoints() if e["_id"] == lost["_id"])
        assert kept["lost"]["given_up"]
        assert asana.subscribe()[0]["state"] == "failed"
    assert told_of_losses(asana) == before + 1
    assert [result["state"] for result in asana.subscribe()] == ["waiting"]
    asana.look_at_vendor()
    assert asana.there() == asana.ours()
    assert not any(e.get("lost") for e in asana.endpoints())


def test_a_subscription_that_points_to_a_key_nobody_has_is_removed(asana: Watched) -> None:
    orphan = made_behind_our_back(asana, f"{home(asana)}a-key-nobody-has")
    asana.look_at_vendor()
    assert orphan not in asana.there()
    assert asana.there() == asana.ours()


def test_another_programs_subscriptions_are_never_touched(asana: Watched) -> None:
    base = asana.stage.hub.settings.public_url
    near = [ELSEWHERE, f"{base}/webhooks/jira/k", f"{base}/else", f"{home(asana)}k/more"]
    strange = {made_behind_our_back(asana, url) for url in near if "127.0.0.1" in url}
    asana.look_at_vendor()
    assert strange <= asana.there()
    assert len(strange) == 3
    for id in strange:
        asana.vendor.unsubscribe(id)


def test_what_an_admin_wrote_behind_an_address_of_ours_is_left_alone(asana: Watched) -> None:
    address = asana.stage.endpoint(asana.connection)["url"]
    by_hand = made_behind_our_back(asana, f"{address}?from=asana")
    asana.look_at_vendor()
    assert by_hand in asana.there()
    asana.vendor.unsubscribe(by_hand)


def test_another_connections_subscriptions_are_never_touched(asana: Watched) -> None:
    stage = Stage(asana.stage.hub, asana.stage.sandbox)
    other = Watched.connected(stage, "asana")
    assert other.ours().isdisjoint(asana.ours())
    asana.look_at_vendor()
    other.look_at_vendor()
    assert other.ours() | asana.ours() == asana.there()
    removal.remove(stage.hub, stage.tenant_id, other.id, erase=False)
    assert asana.ours() == asana.there()


def test_what_a_removed_connection_left_is_taken_by_the_next_of_this_account(
    asana: Watched,
) -> None:
    stage = Stage(asana.stage.hub, asana.stage.sandbox)
    other = Watched.connected(stage, "asana")
    asana.vendor.faults.add("error", status=403, path="/webhooks/")
    left = removal.remove(stage.hub, stage.tenant_id, other.id, erase=False)
    asana.vendor.faults.clear()
    assert len(left) == len(asana.there() - asana.ours())
    assert all(sentence.startswith("The webhook ") for sentence in left)
    assert len(asana.there()) > len(asana.ours())
    asana.look_at_vendor()
    assert asana.there() == asana.ours()


def test_of_two_for_one_address_ours_stays(asana: Watched) -> None:
    address = asana.stage.endpoint(asana.connection)["url"]
    twin = made_behind_our_back(asana, address)
    asana.look_at_vendor()
    assert twin not in asana.there()
    assert asana.there() == asana.ours()


@pytest.mark.parametrize("at", ["subscription-pending", "subscription-made"])
def test_a_crash_while_asking_leaves_nothing_behind(
    asana: Watched, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the vendor is asked, and between its answer and our save."""

    class Crash(BaseException):
        pass

    def crash(name: str) -> None:
        if name == at:
            raise Crash

    asana.later(hours=1)
    asana.vendor.unsubscribe(asana.endpoints()[0]["vendor_id"])
    with monkeypatch.context() as patch:
        patch.setattr(desks, "point", crash)
        with pytest.raises(Crash):
            asana.look_at_vendor()
    assert [e["state"] for e in asana.endpoints()].count("pending") == 1
    assert (asana.there() - asana.ours() != set()) == (at == "subscription-made")
    asana.later(minutes=3)
    asana.look()
    assert asana.there() == asana.ours()
    assert {e["state"] for e in asana.endpoints()} <= {"waiting", "active"}
    targets = [e["target"] for e in asana.endpoints()]
    assert sorted(targets) == sorted(set(targets))


def test_a_project_that_is_put_away_is_no_longer_subscribed_to(asana: Watched) -> None:
    gone = asana.endpoints()[0]
    asana.vendor.table("projects").patch(gone["target"], {"archived": True})
    asana.look_at_vendor()
    assert gone["vendor_id"] not in asana.there()
    assert gone["target"] not in {e["target"] for e in asana.endpoints()}
    asana.vendor.table("projects").patch(gone["target"], {"archived": False})
    asana.look_at_vendor()
    assert gone["target"] in {e["target"] for e in asana.endpoints()}


def test_no_projects_at_all_is_no_reason_to_unsubscribe(asana: Watched) -> None:
    """A 200 with an empty list is what a user sees who has lost the rights to every project."""
    before = asana.there()
    with replaced(asana, "targets", lambda client: []):
        asana.look_at_vendor()
    assert asana.there() == before == asana.ours()
    assert asana.watch()["trouble"] is None


def test_a_connector_that_is_gone_is_looked_for_in_a_while_and_not_at_every_tick(
    asana: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, store = asana.stage.hub, asana.stage.store
    store.connections.update({"_id": asana.id}, {"$unset": {"watch.next_at": ""}})
    with monkeypatch.context() as without:
        without.delitem(hub.plugins.connectors, "asana")
        with pytest.raises(NotFound, match="asana"):
            asana.look()
    connection, now = hub.connection(store, asana.id), hub.now(asana.stage.tenant_id)
    assert not looking.is_due(connection, now)
    assert looking.is_due(connection, now + looking.AGAIN)
    asana.look_at_vendor()


def test_the_vendors_own_failures_are_kept_with_the_day_of_its_end(asana: Watched) -> None:
    found = asana.vendor.subscriptions()[0]
    found.extra["failures"] = {
        "last_success_at": "2026-01-05T08:00:00.000Z",
        "last_failure_at": "2026-01-05T09:00:00.000Z",
        "last_failure_content": "503 Service Unavailable",
        "delivery_retry_count": 4,
        "failure_deletion_timestamp": "2026-01-06T08:00:00.000Z",
    }
    asana.look_at_vendor()
    kept = next(e for e in asana.endpoints() if e["vendor_id"] == found.id)["vendor"]
    assert (kept["failures"], kept["reason"]) == (4, "503 Service Unavailable")
    assert kept["failing_since"].isoformat() == "2026-01-05T08:00:00+00:00"
    assert kept["ends_at"].isoformat() == "2026-01-06T08:00:00+00:00"


def test_a_paused_connection_is_not_looked_after(asana: Watched) -> None:
    stage = asana.stage
    asana.later(hours=1)
    connections.pause(stage.hub, stage.tenant_id, asana.id)
    lost = asana.endpoints()[0]["vendor_id"]
    asana.vendor.unsubscribe(lost)
    asana.look_at_vendor()
    assert asana.there() == asana.ours() - {lost}
    connections.resume(stage.hub, stage.tenant_id, asana.id)
    asana.look_at_vendor()
    assert asana.there() == asana.ours()


def test_a_vendor_in_trouble_is_asked_again_later(asana: Watched) -> None:
    asana.vendor.faults.add("error", status=503)
    asana.look_at_vendor()
    watch = asana.watch()
    assert watch["trouble"]["reason"] == "vendor_down"
    assert (watch["list_at"] - watch["looked_at"]).total_seconds() == 15 * 60
    asana.vendor.faults.clear()
    asana.later(minutes=16)
    asana.look()
    assert asana.watch()["trouble"] is None


def test_a_connector_that_breaks_is_asked_again_later_too(asana: Watched) -> None:
    """Else it would be rung for, and ask the vendor, each second."""

    def broken(client: Any) -> Any:
        return int("an answer of another shape")

    with replaced(asana, "listed", broken):
        asana.look_at_vendor()
    watch = asana.watch()
    assert watch["trouble"]["reason"] == "unexpected"
    assert (watch["list_at"] - watch["looked_at"]).total_seconds() == 15 * 60
    assert watch["next_at"] > watch["looked_at"]
    asana.look_at_vendor()
    assert asana.watch()["trouble"] is None


def told_of_losses(watched: Watched) -> int:
    audit = watched.stage.hub.catalogue.control.audit
    return int(
        audit.count_documents({"tenant_id": watched.stage.tenant_id, "what": "webhook lost"})
    )
