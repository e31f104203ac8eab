"""/api/v1/contacts: people at customers."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import Field

from hub.reads import contacts
from hub.web.api.caller import caller
from hub.web.api.identities import Identity, explained
from hub.web.api.nouns import noun
from hub.web.api.shapes import (
    ById,
    Edge,
    Json,
    Member,
    Model,
    Paged,
    Surviving,
    answer,
)

pages = noun("contacts", __name__, "/contacts")


class ContactSummary(Model):
    id: str
    account_id: str | None
    account_ids: list[str]
    values: dict[str, Json] = Field(description="Canonical values by name")
    sources: list[str]


class ContactPage(Model):
    items: list[ContactSummary]
    next: str | None


class Contact(ContactSummary):
    asked_id: str = Field(description="The id as asked; another than `id` after a merge")
    deleted: bool
    profile: dict[str, Surviving]
    members: list[Member]
    edges: list[Edge]


class ContactQuery(Paged):
    sort: Literal["name", "-name"] | None = None
    account_id: str | None = Field(None, max_length=100)
    email: str | None = Field(None, max_length=320)
    q: str | None = Field(None, max_length=200, description="Part of the name")


@pages.get("", responses={200: ContactPage})
def list_contacts(query: ContactQuery) -> Response:
    """List people by name"""
    filters = query.model_dump(exclude={"limit", "cursor", "sort"})
    found = contacts.search(caller().store, query.asked(query.sort), filters)
    return answer(ContactPage, found.shown())


@pages.get("/<id>", responses={200: Contact})
def show_contact(path: ById) -> Response:
    """Show a person with provenance and identity"""
    return answer(Contact, contacts.one(caller().store, path.id))


@pages.get("/<id>/identity", responses={200: Identity})
def show_identity(path: ById) -> Response:
    """Explain which records are this person: links, evidence, what was not linked, history"""
    return answer(Identity, explained(caller(), "contact", path.id))
