"""Who is one of our own people, by the e-mail domains that the scorecard names."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Api
from tests.scorecards.desk import Desk


def engaged(desk: Desk) -> Any:
    health = desk.account("one")["health"]
    rows = [m for d in health["dimensions"] for m in d["measures"]]
    return next(m for m in rows if m["key"] == "engaged_contacts")["value"]


def test_our_own_people_do_not_count_as_the_customers(desk: Desk) -> None:
    api = Api(desk.hub, desk.tenant_id)
    desk.company("one")
    people = (("ada", "ada@one.example.org"), ("bob", "bob@vendor.example"))
    for name, email in people:
        desk.put(
            {"object": "person", "id": name, "company": "one", "name": name, "email": email},
            {"object": "ticket", "id": f"t-{name}", "company": "one", "person": name}
            | {"status": "closed", "said": desk.days_ago(1)},
        )
    assert (engaged(desk), desk.account("one")["rollup"]["contacts"]) == (2, 2)
    document = api.get("/scorecards/active")["document"]
    document["internal_domains"] = ["vendor.example"]
    api.post("/scorecards", {"document": document}, 201)
    api.post("/scorecards/hub-default/2/dry-run")
    api.post("/scorecards/hub-default/2/activate")
    desk.settle()
    assert (engaged(desk), desk.account("one")["rollup"]["contacts"]) == (1, 1)
