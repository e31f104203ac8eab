"""Connecting Jira over real HTTP: credentials, scopes, account rules, and addresses."""

from __future__ import annotations

import pytest

from hub.api import CorrectInput, Reconnect
from hub.http import VendorHttp
from hub.sandbox import Request, Response, Sandbox, route
from plugins.jira import JIRA
from plugins.jira.client import JiraClient, base_url
from plugins.jira.sandbox import JiraSandbox
from plugins.jira.site import check, describe
from tests.plugins.jira.conftest import Opener

pytestmark = pytest.mark.usefixtures("one_attempt")


def test_a_good_connection_says_who_it_is(vendor: JiraSandbox, client: JiraClient) -> None:
    found = check(client)
    assert (found.id, found.name, found.missing) == (vendor.url[7:], "Sandbox Jira", ())
    facts = describe(client)
    assert facts["base_url"] == vendor.url
    own = {"title": "Customer domain", "type": "text", "custom": True}
    assert {"name": "fields.customfield_10050", **own} in facts["fields"]["request"]
    (status,) = [f for f in facts["fields"]["issue"] if f["name"] == "fields.status.name"]
    assert "Waiting for customer" in status["values"]


@pytest.mark.parametrize("token", ["wrong", "", "wröng"])
def test_a_wrong_token_is_said_at_once(connect: Opener, token: str) -> None:
    with pytest.raises(Reconnect) as caught:
        check(connect(token=token))
    assert caught.value.field == "token"


def test_a_missing_permission_is_named(
    vendor: JiraSandbox, client: JiraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def permissions(self: JiraSandbox, request: Request) -> object:
        return {"permissions": {"BROWSE_PROJECTS": {"havePermission": True}}}

    monkeypatch.setattr(JiraSandbox, "permissions", permissions)
    found = check(client)
    assert found.missing == ("Browse users and groups",)
    assert "Global permissions" in found.where


@pytest.mark.parametrize(
    ("path", "scope"), [("/myself", "read:jira-user"), ("/mypermissions", "read:jira-work")]
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_scope_that_a_token_lacks_is_named(
    vendor: JiraSandbox,
    client: JiraClient,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    scope: str,
    status: int,
) -> None:
    """The gateway says 401 for a scope, with words that Atlassian has not published, or 403."""
    known = vendor.authorise

    def authorise(request: Request) -> Response | None:
        body = {"code": status, "message": "Unauthorized; scope does not match"}
        return Response(body, status) if request.path.endswith(path) else known(request)

    monkeypatch.setattr(vendor, "authorise", authorise)
    found = check(client)
    assert found.missing == (scope,)
    assert "token" in found.where


@pytest.mark.parametrize(
    ("links", "says"),
    [
        ('{"NOPE": {"by": "organization"}}', "no project NOPE"),
        ('{"PLT": {"by": "custom_field", "field": "customfield_1"}}', "no field customfield_1"),
        ('{"PLT": {"by": "magic"}}', "`by` must be one of"),
        ("{", "not JSON"),
    ],
)
def test_a_wrong_account_rule_is_refused_on_connecting(
    connect: Opener, links: str, says: str
) -> None:
    with pytest.raises(CorrectInput, match=says) as caught:
        check(connect(account_links=links))
    assert caught.value.field == "account_links"


@pytest.mark.parametrize("links", ["", "{}", '{"*": {"by": "reporter_domain"}}'])
def test_rules_that_name_no_project_pass(connect: Opener, links: str) -> None:
    assert check(connect(account_links=links)).name == "Sandbox Jira"


class DataCenter(JiraSandbox):
    """A Jira of a customer's own."""

    @route("GET", "/rest/api/3/serverInfo", public=True)
    def server_info(self, request: Request) -> object:
        return {"baseUrl": self.url, "deploymentType": "Server", "versionNumbers": [9, 12, 0]}


class NoJira(JiraSandbox):
    """An address where something else answers."""

    @route("GET", "/rest/api/3/serverInfo", public=True)
    def server_info(self, request: Request) -> object:
        return Response("<html>Site unavailable</html>", 404)


@pytest.mark.parametrize(
    ("other", "says"), [(DataCenter, "not Jira Cloud"), (NoJira, "no Jira at this address")]
)
def test_another_kind_of_site_is_refused(other: type[JiraSandbox], says: str) -> None:
    with Sandbox(vendors=[other], seed=7, accounts=2) as sandbox:
        given = sandbox["jira"].credentials()
        client = JIRA.open(given["settings"], given["secrets"], VendorHttp(None, "c1"))
        with pytest.raises(CorrectInput, match=says) as caught:
            JIRA.check(client)
    assert caught.value.field == "site"


@pytest.mark.parametrize(
    ("site", "base"),
    [
        ("acme", "https://acme.atlassian.net"),
        (" acme.atlassian.net/ ", "https://acme.atlassian.net"),
        ("https://acme.atlassian.net/jira/your-work?x=1", "https://acme.atlassian.net"),
        (
            "https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789/",
            "https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789",
        ),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
    ],
)
def test_addresses(site: str, base: str) -> None:
    assert base_url(site) == base


@pytest.mark.parametrize(
    "site",
    [
        "",
        "  ",
        "http://acme.atlassian.net",
        "ftp://acme.atlassian.net",
        "https://",
        "https://[",
        "https://acme.atlassian.net:port",
    ],
)
def test_addresses_that_cannot_be_right(site: str) -> None:
    with pytest.raises(CorrectInput) as caught:
        base_url(site)
    assert caught.value.field == "site"


def test_an_address_may_not_carry_credentials() -> None:
    with pytest.raises(CorrectInput):
        base_url("https://me:secret@acme.atlassian.net")
