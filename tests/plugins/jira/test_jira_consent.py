"""Jira by consent (3LO): which site, tokens that turn over, and an end in the middle of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from hub import consents, grants
from hub.embedded import Services
from hub.errors import AlreadyThere, CorrectInput, Reconnect
from hub.http import VendorHttp
from hub.sandbox import Options, Request, Response, Sandbox, World
from hub.store import inbox
from plugins.jira import JIRA
from plugins.jira.client import JiraClient
from plugins.jira.sandbox import JiraSandbox
from plugins.jira.sandbox_granting import FIRST, LEEWAY_S, SECOND
from tests.granted import USER, Granted
from tests.stage import serving


class Ending(JiraSandbox):
    """Whose pages are short, and whose admin takes the access away after `pages` more of them."""

    pages: int | None = None

    def authorise(self, request: Request) -> Response | None:
        if request.path.endswith("/search/jql"):
            request.body = json.dumps(request.json | {"maxResults": 20}).encode()
            self.pages = self.pages - 1 if self.pages is not None else None
            if self.pages == -1:
                self.granting.end_consent()
        return super().authorise(request)


def create(world: World, options: Options) -> Ending:
    return Ending(world, options)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox([create], seed=7, accounts=40, retry_scale=1 / 6000) as running:
        yield running


@pytest.fixture(scope="module")
def hub_of(services: Services, sandbox: Sandbox) -> Iterator[Granted]:
    found = Granted(services, sandbox, "jira")
    with serving(found.hub):
        yield found
    found.hub.close()


@pytest.fixture
def stage(hub_of: Granted) -> Iterator[Granted]:
    """A new tenant, and a vendor in its first state."""
    hub_of.change_tenant()
    yield hub_of
    hub_of.vendor.sites = {FIRST: ("sandbox", ""), SECOND: ("sandbox-labs", "https://labs.example")}
    hub_of.granting.withheld = set()
    hub_of.vendor.pages = None


def test_of_several_sites_the_one_that_was_picked_is_read(stage: Granted) -> None:
    found = stage.answered()
    assert [(c.id, c.name) for c in found.choices] == [(FIRST, "sandbox"), (SECOND, "sandbox-labs")]
    connection = stage.connected(choice=1)
    assert connection["settings"]["site"] == f"{stage.vendor.url}/ex/jira/{SECOND}"
    assert connection["account"] == {"id": "labs.example", "name": "Sandbox-Labs Jira"}
    stage.sync(connection, ["users"])
    assert stage.store.records.count({"connection_id": connection["_id"]}) > 0


def test_one_site_is_no_question(stage: Granted) -> None:
    del stage.vendor.sites[FIRST]
    found = stage.answered()
    assert found.choices == ()
    assert consents.finish(stage.hub, found)["account"]["id"] == "labs.example"


def test_no_site_at_all_says_what_to_do(stage: Granted) -> None:
    stage.vendor.sites = {}
    with pytest.raises(CorrectInput, match="Ask for access"):
        stage.answered()


def test_a_site_that_is_connected_already_leaves_the_others_to_be_picked(stage: Granted) -> None:
    stage.connected(choice=0)
    found = stage.answered()
    key = consents.hold(stage.hub, found)
    with pytest.raises(AlreadyThere):
        consents.pick(stage.hub, stage.tenant_id, USER, key, FIRST)
    with pytest.raises(CorrectInput, match="Pick one"):
        consents.pick(stage.hub, stage.tenant_id, USER, key, "made up")
    consents.pick(stage.hub, stage.tenant_id, USER, key, SECOND)
    assert stage.store.connections.count({}) == 2


def test_a_site_connected_by_a_token_is_the_same_site(stage: Granted) -> None:
    stage.connect("jira")
    with pytest.raises(AlreadyThere):
        stage.connected(choice=0)


def test_what_waits_for_a_choice_is_its_asker_s_alone_and_sealed(stage: Granted) -> None:
    found = stage.answered()
    key = consents.hold(stage.hub, found)
    for tenant, user in ((stage.tenant_id, "usr_2"), ("ten_other", USER)):
        with pytest.raises(consents.NotFound):
            consents.held(stage.hub, tenant, user, key)
    stored = repr(list(stage.hub.catalogue.control.consents.find({})))
    assert found.grant["access_token"] not in stored
    assert found.grant["refresh_token"] not in stored
    assert key not in stored


@pytest.mark.parametrize("scope", ["read:jira-user", "offline_access"])
def test_a_missing_scope_is_named_with_the_place_to_grant_it(stage: Granted, scope: str) -> None:
    stage.granting.withheld = {scope}
    stage.granting.grants_renewal = scope != "offline_access"
    with pytest.raises(CorrectInput, match=rf"not granted: {scope}\. .*developer\.atlassian\.com"):
        stage.connected()
    stage.granting.grants_renewal = True


def test_consent_once_more_asks_nothing_and_wants_the_same_site(stage: Granted) -> None:
    connection = stage.connected(choice=1)
    assert stage.reconnected(connection)["settings"] == connection["settings"]
    del stage.vendor.sites[SECOND]
    with pytest.raises(CorrectInput, match="does not reach"):
        stage.reconnected(connection)


def test_a_granted_token_is_good_at_the_gateway_alone(stage: Granted) -> None:
    connection = stage.connected()
    token = stage.grant(connection)["access_token"]
    for site, good in ((stage.vendor.url, False), (connection["settings"]["site"], True)):
        client = JIRA.open({"site": site}, {"access_token": token}, VendorHttp(None, "c"))
        assert isinstance(client, JiraClient)
        if good:
            assert client.myself()["accountId"]
            assert client.users(0)
            continue
        for call in (client.myself, lambda asked=client: asked.users(0)):
            with pytest.raises(Reconnect):
                call()


def test_a_renewal_turns_both_tokens_over(stage: Granted) -> None:
    connection = stage.connected()
    before = stage.grant(connection)
    stage.age(connection, minutes=49)
    stage.hub.client(stage.stored(connection))
    after = stage.grant(connection)
    assert after["refresh_token"] != before["refresh_token"]
    assert after["access_token"] != before["access_token"]


@pytest.mark.parametrize(("later_s", "good"), [(LEEWAY_S - 60, True), (LEEWAY_S + 1, False)])
def test_an_answer_lost_on_the_way_costs_nothing_for_ten_minutes(
    stage: Granted, later_s: float, good: bool
) -> None:
    connection = stage.connected()
    form = {
        "grant_type": "refresh_token",
        "client_id": stage.granting.client_id,
        "client_secret": stage.granting.client_secret,
        "refresh_token": stage.grant(connection)["refresh_token"],
    }
    requests.post(f"{stage.vendor.url}/oauth/token", json=form, timeout=10).raise_for_status()
    stage.vendor.clock.advance(later_s)
    stage.age(connection, minutes=49)
    if good:
        assert grants.access_token(stage.hub, stage.stored(connection))
    else:
        with pytest.raises(Reconnect, match="connect it once more"):
            grants.access_token(stage.hub, stage.stored(connection))


def test_access_that_ends_within_a_run_is_told_once_and_the_run_goes_on_where_it_was(
    stage: Granted,
) -> None:
    connection = stage.connected()
    stage.listen(connection)
    stage.vendor.pages = 2
    stage.age(connection, minutes=5)
    stage.sync(connection, ["issues"])
    assert stage.stored(connection)["state"] == "reconnect"
    assert stage.store.records.count({"object": "issue"}) == 40
    stage.vendor.stir_many(12)
    assert stage.vendor.settle(timeout=20)
    stage.drain(connection)
    assert inbox.ledger(stage.store, connection["_id"])["deliveries"]["pending"] >= 12
    told = stage.hub.catalogue.control.audit
    mine = {"tenant_id": stage.tenant_id, "what": "connection reconnect"}
    assert told.count_documents(mine) == 1

    stage.reconnected(connection)
    before = stage.vendor.calls["search"]
    stage.sync(connection, ["issues"])
    assert stage.vendor.calls["search"] - before <= 4, "from the start it would be five pages"
    stage.drain(connection)
    assert inbox.ledger(stage.store, connection["_id"])["deliveries"]["pending"] == 0
    assert stage.run_of(connection, "issues")["state"] == "done"
