"""Which addresses are HubSpot's, and what answers at others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.api import CorrectInput, GiveUp, RetryLater
from hub.http import VendorHttp
from hub.sandbox import Options, Request, Response, Sandbox, World, route
from plugins.hubspot import CONNECTOR
from plugins.hubspot.client import Client
from plugins.hubspot.sandbox import HubSpot
from tests.plugins.hubspot.walks import connected


@pytest.mark.parametrize("address", ["https://api-eu1.hubapi.com", "http://127.0.0.1:9"])
def test_the_vendors_own_address_and_this_machines_are_taken(address: str) -> None:
    assert Client("token", VendorHttp(None, "t"), address)._url == address


@pytest.mark.parametrize(
    "address",
    ["https://portal.example", "http://api.hubapi.com", "https://api.hubapi.com.portal.example"],
)
def test_another_host_cannot_say_which_portal_we_are(address: str) -> None:
    """Who is believed to be a portal gets what the operator's app is told of it."""
    with pytest.raises(CorrectInput) as caught:
        Client("token", VendorHttp(None, "t"), address)
    assert caught.value.field == "base_url"


class Other(HubSpot):
    """Something that is not HubSpot, or only knows its older paths."""

    body: object = {"hello": "world"}
    status = 200

    @route("GET", "/account-info/<version>/details")
    def account(self, request: Request) -> object:
        if request.params["version"] != "v3":
            return Response({}, 404)
        return Response(self.body, self.status)


def other(body: object, status: int) -> Callable[[World, Options], Other]:
    def create(world: World, options: Options) -> Other:
        found = Other(world, options)
        found.body, found.status = body, status
        return found

    return create


def test_the_older_path_serves_where_the_dated_one_is_unknown() -> None:
    with Sandbox(vendors=[other({"portalId": 7}, 200)], accounts=1) as sandbox:
        vendor = sandbox["hubspot"]
        assert isinstance(vendor, HubSpot)
        assert CONNECTOR.check(connected(vendor)).id == "7"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"hello": "world"}, 200, CorrectInput),
        ([], 200, CorrectInput),
        ("<html>", 200, RetryLater),
        ({}, 404, GiveUp),
    ],
)
def test_an_address_that_is_not_hubspots(body: object, status: int, error: type[Exception]) -> None:
    with Sandbox(vendors=[other(body, status)], accounts=1) as sandbox:
        vendor = sandbox["hubspot"]
        assert isinstance(vendor, HubSpot)
        with pytest.raises(error):
            CONNECTOR.check(connected(vendor))
