"""The whole site in this process, on real stores, with one tenant whose HubSpot is synced."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.store.client import Doc
from tests.stage import Stage


@dataclass
class Site:
    """The application, its stage, and the connection that brought the accounts."""

    app: Flask
    stage: Stage
    connection: Doc

    def person(self, tenant_id: str = "", email: str = "ada@acme.example") -> Doc:
        control = self.stage.hub.catalogue.control
        tenant_id = tenant_id or self.stage.tenant_id
        known = control.users.find_one({"tenant_id": tenant_id, "email": email})
        return known or control.add_user(tenant_id, email, "Ada", self.stage.hub.now())

    def link(self, user: Doc | None = None) -> str:
        user = user or self.person()
        control = self.stage.hub.catalogue.control
        token = control.add_link(user["_id"], user["tenant_id"], self.stage.hub.now())
        return f"/sign-in/{token}"

    def browser(self, user: Doc | None = None) -> Browser:
        client = self.app.test_client()
        assert client.get(self.link(user)).status_code == 302
        return Browser(client)


@dataclass
class Browser:
    """A signed-in client that fills in forms as a person would: with the page's own token."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def page(self, path: str) -> str:
        """The HTML of a page that must be there."""
        answer = self.client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def words(self, path: str) -> str:
        return words(self.page(path))

    def post(self, path: str, follow: bool = True, **fields: Any) -> TestResponse:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page("/settings"))
        assert token is not None
        data = {"csrf_token": token[1], **fields}
        return self.client.post(path, data=data, follow_redirects=follow)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def words(html: str) -> str:
    """The text of a page, with single spaces."""
    reader = _Words()
    reader.feed(html)
    return re.sub(r"\s+", " ", " ".join(reader.found))


@dataclass
class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    html: str
    found: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
