"""The guide's connector as somebody outside has it: installed with pip beside an installed hub.

It is made of the guide's text alone, becomes a wheel, and is used by the command line, by the
console through its forms, and by the worker, which pulls from its sandbox and reads its webhooks.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import requests

from hub.conform.suite import creator
from hub.plugin_host import load_plugins
from hub.prove import guide
from hub.prove.installed import Installed
from hub.prove.result import Options, Result
from hub.sandbox import Sandbox
from hub.sandbox.vendor import Vendor
from hub.waiting import wait_until

TIMEOUT_S, WITHIN_S = 30.0, 120.0
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
RENAMED = "Told At Once GmbH"


def outsider(options: Options) -> Result:
    """From the page to a profile that a webhook has changed."""
    options.folder.mkdir(parents=True, exist_ok=True)
    written = guide.write(options.folder / "written")
    place = Installed(options.folder / "outside")
    place.install(written)
    facts = _by_command(place, written)
    with Sandbox([_creator(written)], accounts=20, retry_scale=0.001) as sandbox, place.up() as url:
        facts |= _used(place, url, sandbox[guide.NAME])
    return Result(facts)


def _by_command(place: Installed, written: Path) -> dict[str, Any]:
    """What the command line says of it, before anything runs."""
    listed = {one["name"]: one for one in place.hub("connectors", "list")["items"]}
    _must(listed[guide.NAME]["origin"] == guide.NAME, f"it comes from {listed[guide.NAME]}")
    home = place.run("python", "-c", f"import hub, {guide.NAME} as own; print(hub.__file__, own)")
    _must(home.count(str(place.folder)) == 2, f"not the installed ones are used: {home}")
    checked = place.hub("connectors", "check", guide.NAME)
    _must(checked["grade"] == "gold", f"{checked}")
    types = place.run("python", "-m", "mypy", "--strict", guide.NAME, cwd=written)
    kept = sum(rule["state"] in ("passed", "exempt") for rule in checked["rules"])
    return {"connectors listed": len(listed), "grade": checked["grade"], "rules kept": kept} | {
        "mypy --strict": types.strip()
    }


def _used(place: Installed, url: str, vendor: Vendor) -> dict[str, Any]:
    made = place.hub("tenants", "add", "Outside")
    place.hub("users", "add", "ada@outside.example")
    api = {"Authorization": f"Bearer {made['api_key']}"}
    console = Console(url, place.hub("login-link")["url"])
    connected = console.post(f"/connections/new/{guide.NAME}", **_credentials(vendor))
    _must("is connected" in connected.text, "the console did not connect it")
    connection = connected.url.rstrip("/").rsplit("/", 1)[1]
    table = vendor.table("companies")
    there = {record["name"] for record in table.all()}
    _await(lambda: _accounts(url, api).keys() == there, "the worker's sync")
    page = console.get(f"/connections/{connection}").text
    rotate = re.search(rf"/connections/{connection}/endpoints/[^/\"]+/rotate", page)
    _must(rotate is not None, "the console shows no webhook of it")
    assert rotate is not None
    shown = console.post(rotate[0]).text
    [webhook] = place.hub("connections", "show", guide.NAME)["webhooks"]
    _listen(vendor, webhook["url"], _secret(shown))
    table.patch(table.ids()[0], {"name": RENAMED})
    _await(lambda: RENAMED in _accounts(url, api), "the webhook's edit")
    profile = console.get(f"/accounts/{_accounts(url, api)[RENAMED]}").text
    _must(RENAMED in profile, "the console does not show the webhook's edit")
    delivered = [one["state"] for one in place.hub("deliveries", "list")["items"]]
    _must(delivered == ["done"], f"deliveries: {delivered}")
    return {"accounts by the worker's sync": len(there), "deliveries by webhook": len(delivered)}


class Console:
    """The screens as a browser uses them: a link to sign in, and forms with their tokens."""

    def __init__(self, url: str, link: str) -> None:
        self.url, self.session = url, requests.Session()
        self.session.get(link, timeout=TIMEOUT_S).raise_for_status()

    def get(self, path: str) -> requests.Response:
        answer = self.session.get(f"{self.url}{path}", timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer

    def post(self, path: str, **fields: str) -> requests.Response:
        token = TOKEN.search(self.get("/settings").text)
        data = {"csrf_token": token[1] if token else "", **fields}
        answer = self.session.post(f"{self.url}{path}", data=data, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer


def _creator(written: Path) -> Any:
    """The connector's own sandbox, which plays the vendor in this process."""
    host = load_plugins(folder=str(written))
    return creator(host.connector(guide.NAME).mapping.parent)


def _credentials(vendor: Vendor) -> dict[str, str]:
    given = vendor.credentials()
    return given["settings"] | given["secrets"]


def _accounts(url: str, api: dict[str, str]) -> dict[str, str]:
    """The id of each account by its name."""
    answer = requests.get(
        f"{url}/api/v1/accounts", params={"limit": 100}, headers=api, timeout=TIMEOUT_S
    )
    answer.raise_for_status()
    return {one["name"]: one["id"] for one in answer.json()["items"]}


def _secret(shown: str) -> str:
    """The new secret, which the console shows this once."""
    found = re.search(r'data-copy="([^"]{20,})"', shown)
    _must(found is not None, "the console shows no new secret")
    return found[1] if found else ""


def _listen(vendor: Vendor, url: str, secret: str) -> None:
    """Paste both at the vendor, as its admin would."""
    wish = {"url": url, "secret": secret, "extra": {}}
    requests.post(
        f"{vendor.url}/_sandbox/subscriptions", json=wish, timeout=TIMEOUT_S
    ).raise_for_status()


def _await(holds: Any, what: str) -> None:
    _must(wait_until(holds, within_s=WITHIN_S), f"{what} did not come within {WITHIN_S:g} s")


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
