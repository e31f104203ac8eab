"""Identity over HTTP: explained, asked why not, decided, reviewed, undone."""

from __future__ import annotations

import pytest

from hub.identity import evidence, subjects
from hub.identity.vendors import of_tenant
from mappings.claims import LINKING, claim_of
from tests.api.conftest import Api
from tests.identity.ground import Ground
from tests.stage import Stage


@pytest.fixture
def ground(stage: Stage) -> Ground:
    """A CRM and a desk whose records are written by hand, in a tenant of its own."""
    return Ground(Stage(stage.hub).store)


@pytest.fixture
def api(stage: Stage, ground: Ground) -> Api:
    return Api(stage.hub, ground.store.tenant_id)


def pair(ground: Ground) -> tuple[str, str]:
    """Two accounts of one name in two systems: (CRM's record, desk's record)."""
    crm = ground.put("crm", "company", "1", name="Acme GmbH", domain="acme.de")
    return crm, ground.put("desk", "company", "2", name="ACME")


def test_an_identity_names_links_candidates_and_decisions(api: Api, ground: Ground) -> None:
    crm, desk = pair(ground)
    third = ground.put("desk", "company", "3", name="Acme Support", domain="help.acme.de")

    told = api.get(f"/accounts/{ground.account(crm)}/identity")

    assert [member["key"] for member in told["members"]] == sorted([crm, third])
    assert [(e["rule"], e["value"], e["state"]) for e in told["edges"]] == [
        (4, "acme.de", "accepted")
    ]
    facts = {side["record"]: side["fields"] for side in told["edges"][0]["sides"]}
    assert [fact["value"] for fact in facts[third]] == ["acme.de"]
    [candidate] = told["candidates"]
    assert (candidate["rule"], candidate["link"]) == (6, "name")
    assert {side["record"] for side in candidate["sides"]} == {crm, desk}
    assert told["decisions"] == []


def test_a_preview_says_what_a_decision_then_does(api: Api, ground: Ground) -> None:
    crm, desk = pair(ground)
    first, second = ground.account(crm), ground.account(desk)
    wish = {"kind": "same", "a": first, "b": second, "note": "asked them"}

    effect = api.post("/identity/decisions/preview", wish)
    assert ground.account(desk) == second
    made = api.post("/identity/decisions", wish, expect=201)

    assert effect["allowed"] is True
    [after] = effect["accounts"]
    assert after["id"] == first
    assert {member["key"] for member in after["members"]} == {crm, desk}
    assert ground.account(desk) == first
    told = api.get(f"/accounts/{second}/identity")
    assert (told["id"], told["asked_id"], told["aliases"]) == (first, second, [second])
    assert [decision["id"] for decision in told["decisions"]] == [made["id"]]
    assert made["note"] == "asked them"
    assert made["by"].startswith("key ")


def test_undoing_a_decision_gives_both_ids_back(api: Api, ground: Ground) -> None:
    crm, desk = pair(ground)
    before = (ground.account(crm), ground.account(desk))
    made = api.post("/identity/decisions", {"kind": "same", "a": crm, "b": desk}, expect=201)

    answer = api.call("DELETE", f"/identity/decisions/{made['id']}")

    assert answer.status_code == 200
    assert answer.get_json()["undone_at"] is not None
    assert (ground.account(crm), ground.account(desk)) == before
    assert [d["id"] for d in api.all("/identity/decisions", state="undone")] == [made["id"]]
    assert api.all("/identity/decisions", state="in_force") == []
    again = api.call("DELETE", f"/identity/decisions/{made['id']}")
    assert again.status_code == 409


def test_a_split_keeps_apart_what_a_rule_would_link(api: Api, ground: Ground) -> None:
    crm = ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    desk = ground.put("desk", "company", "2", name="Acme Cars", domain="acme.de")
    wish = {"kind": "split", "account": ground.account(crm), "records": [desk]}

    api.post("/identity/decisions", wish, expect=201)

    assert ground.account(crm) != ground.account(desk)
    found = api.get("/identity/why-not", a=crm, b=desk)
    assert (found["verdict"]["rule"], found["verdict"]["outcome"]) == (0, "not_same")
    opposite = {"kind": "same", "a": crm, "b": desk}
    assert api.post("/identity/decisions/preview", opposite)["allowed"] is False
    api.post("/identity/decisions", opposite, expect=409)


def test_a_review_is_accepted_and_shows_the_decision_that_settled_it(
    api: Api, ground: Ground
) -> None:
    crm, desk = pair(ground)
    [waiting] = api.all("/identity/reviews")

    shown = api.get(f"/identity/reviews/{waiting['id']}")
    assert {m["key"] for a in shown["effect"]["accounts"] for m in a["members"]} == {crm, desk}
    made = api.post(f"/identity/reviews/{waiting['id']}/accept", expect=201)

    assert ground.account(crm) == ground.account(desk)
    after = api.get(f"/identity/reviews/{waiting['id']}")
    assert (after["state"], after["decision"]["id"]) == ("decided", made["id"])
    assert api.all("/identity/reviews") == []


def test_a_dismissed_review_waits_no_more_and_keeps_the_two_apart(api: Api, ground: Ground) -> None:
    crm, desk = pair(ground)
    [waiting] = api.all("/identity/reviews", kind="candidate")

    after = api.post(f"/identity/reviews/{waiting['id']}/dismiss", {"note": "namesakes"})

    assert after["state"] == "decided"
    assert after["decision"]["kind"] == "not_same"
    assert api.all("/identity/reviews") == []
    ground.put("desk", "company", "2", domain="acme.de")
    assert ground.account(crm) != ground.account(desk)


def test_an_ambiguous_domain_wants_an_owner(api: Api, ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme Holding", domain="acme.de")
    ground.put("crm", "company", "2", name="Acme Cars", domain="acme.de")
    desk = ground.put("desk", "company", "3", name="Support of Acme", domain="acme.de")
    [waiting] = api.all("/identity/reviews", kind="ambiguous_domain")
    assert waiting["domain"] == "acme.de"
    assert len(waiting["sides"]) == 3
    path = f"/identity/reviews/{waiting['id']}"
    assert api.get(path)["effect"] is None
    owner = ground.account(one)
    shown = api.get(path, owner=owner)["effect"]
    assert {m["key"] for a in shown["accounts"] for m in a["members"]} >= {one, desk}

    assert api.post(f"{path}/accept", expect=422)["field"] == "owner"
    api.post(f"{path}/accept", {"owner": owner}, expect=201)

    assert ground.account(desk) == owner


def test_reviews_and_decisions_come_in_pages(api: Api, ground: Ground) -> None:
    for n in range(3):
        ground.put("crm", "company", f"1{n}", name=f"Firm{n}", domain=f"firm{n}.de")
        ground.put("desk", "company", f"2{n}", name=f"Firm{n} GmbH")
    waiting = api.all("/identity/reviews", limit=1)
    assert len({review["id"] for review in waiting}) == len(waiting) == 3
    for review in waiting:
        api.post(f"/identity/reviews/{review['id']}/accept", expect=201)

    made = api.all("/identity/decisions", limit=2, kind="same")

    assert len({decision["id"] for decision in made}) == 3
    one = ground.account(ground.key("crm", "company", "10"))
    assert len(api.all("/identity/decisions", id=one)) == 1


def test_another_tenant_sees_nothing_of_it(api: Api, ground: Ground, stranger: Api) -> None:
    crm, desk = pair(ground)
    [waiting] = api.all("/identity/reviews")
    made = api.post("/identity/decisions", {"kind": "same", "a": crm, "b": desk}, expect=201)

    assert stranger.all("/identity/reviews") == []
    stranger.get(f"/identity/reviews/{waiting['id']}", expect=404)
    stranger.get(f"/identity/decisions/{made['id']}", expect=404)
    assert stranger.call("DELETE", f"/identity/decisions/{made['id']}").status_code == 404
    stranger.get("/identity/why-not", expect=404, a=crm, b=desk)
    wish = {"kind": "not_same", "a": crm, "b": desk}
    stranger.post("/identity/decisions", wish, expect=404)


def test_a_wish_that_cannot_be_right_names_its_field(api: Api, ground: Ground) -> None:
    crm, _ = pair(ground)
    wrong = {"kind": "domain", "domain": "gmail.com", "account": crm}
    assert api.post("/identity/decisions", wrong, expect=422)["field"] == "domain"
    api.post("/identity/decisions", {"kind": "same", "a": crm, "b": "acc_no"}, expect=404)
    api.post("/identity/decisions", {"kind": "perhaps"}, expect=422)


def test_measures_are_counted_and_a_sample_is_labelled(api: Api, ground: Ground) -> None:
    ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    ground.put("desk", "company", "2", name="Acme", domain="acme.de")

    assert api.get("/identity/measures")["counted"] is None
    counted = api.post("/identity/measures")["counted"]
    [drawn] = api.post("/identity/sample", {"size": 5}, expect=201)["items"]
    answer = api.call("PUT", f"/identity/sample/{drawn['id']}", json={"verdict": "wrong"})

    assert {row["source"]: row["share"] for row in counted["sources"]} == {"crm": 1, "desk": 1}
    assert len(drawn["sides"]) == 2
    assert answer.get_json()["state"] == "wrong"
    precision = api.get("/identity/measures")["precision"]
    assert (precision["labelled"], precision["right"], precision["precision"]) == (1, 0, 0)
    assert api.get("/identity/sample")["items"] == []


def test_the_evidence_shown_covers_every_claim_that_links(stage: Stage) -> None:
    """Of a real vendor's records, with the place in its body."""
    vendors = of_tenant(stage.hub, stage.store)
    records = subjects.records(stage.store, stage.store.records.distinct("_id", {}))
    paths = set()
    claimed = 0
    for record in records.values():
        stored = {claim_of(key[2:]) for key in record.get("keys", ()) if key[:2] == "c:"}
        shown = evidence.claims(record, vendors)
        linking = {(claim.kind, claim.value) for claim in stored if claim.kind in LINKING}
        assert linking <= shown.keys()
        claimed += len(linking)
        paths |= {fact["path"] for facts in shown.values() for fact in facts}
    assert claimed > 20
    assert {"properties.domain", "properties.email", "properties.salesforceaccountid"} <= paths
