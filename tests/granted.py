"""A tenant whose connection was granted in the browser, without the browser."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from pydantic import SecretStr

from hub import consents
from hub.consents import Answered
from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.sandbox.granting import Granting
from hub.store.client import Doc
from tests.stage import Stage, build_hub

USER = "usr_1"
ALLOW = re.compile(r'<a id=allow href="([^"]+)"')


class Granted(Stage):
    """One vendor, whose consent page and token endpoint are called as a browser and we do."""

    def __init__(self, services: Services, sandbox: Sandbox, vendor: str) -> None:
        self.vendor: Any = sandbox[vendor]
        self.name = vendor
        given = self.vendor.credentials()
        app = {key: SecretStr(value) for key, value in given["operator"].items()}
        ca = str(self.vendor.ca or "")
        super().__init__(build_hub(services, apps={vendor: app}, sandbox_ca=ca), sandbox)
        self.granting: Granting = self.vendor.granting
        self.settings: dict[str, str] = given["settings"]

    def change_tenant(self) -> None:
        """A tenant of its own for each test, on the same hub."""
        self.tenant_id = self.hub.catalogue.control.add_tenant("Test", self.hub.now())["_id"]
        self.store = self.hub.store(self.tenant_id)

    def consent(
        self, user: str = USER, connection_id: str = "", **settings: str
    ) -> tuple[str, str]:
        """(state, code) after the admin has allowed it in the browser."""
        connector = self.hub.plugins.connector(self.name)
        wished = self.settings | settings
        if connection_id:
            wished = self.hub.connection(self.store, connection_id)["settings"]
        wanted = consents.ask(self.hub, self.tenant_id, user, connector, wished, "", connection_id)
        trust = self.vendor.ca or True
        page = requests.get(wanted["url"], timeout=10, verify=trust)
        page.raise_for_status()
        found = ALLOW.search(page.text)
        assert found is not None
        allow = urljoin(wanted["url"], unescape(found[1]))
        answer = requests.get(allow, allow_redirects=False, timeout=10, verify=trust)
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert query["state"] == [wanted["state"]]
        return wanted["state"], query["code"][0]

    def answered(self, connection_id: str = "", **settings: str) -> Answered:
        state, code = self.consent(connection_id=connection_id, **settings)
        return consents.answered(self.hub, self.tenant_id, USER, state, code)

    def connected(self, choice: int = 0, **settings: str) -> Doc:
        """A connection by consent; of several accounts the one at this place."""
        found = self.answered(**settings)
        if not found.choices:
            return consents.finish(self.hub, found)
        key = consents.hold(self.hub, found)
        picked = found.choices[choice].id
        return consents.pick(self.hub, self.tenant_id, USER, key, picked)

    def reconnected(self, connection: Doc) -> Doc:
        return consents.finish(self.hub, self.answered(connection["_id"]))

    def grant(self, connection: Doc) -> Doc:
        stored = self.hub.connection(self.store, connection["_id"])
        return self.hub.catalogue.vault.open(stored["grant"])

    def age(self, connection: Doc, **by: float) -> None:
        """Let the token have been given earlier."""
        grant = self.grant(connection)
        grant["issued_at"] = (self.hub.now() - timedelta(**by)).isoformat()
        sealed = self.hub.catalogue.vault.seal(self.tenant_id, grant)
        self.store.connections.update({"_id": connection["_id"]}, {"$set": {"grant": sealed}})

    def stored(self, connection: Doc) -> Doc:
        return self.hub.connection(self.store, connection["_id"])
