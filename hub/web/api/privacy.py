"""/api/v1/privacy: export what is held about somebody, have them forgotten, and see the proof."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub.privacy import asked, export, work
from hub.reads import privacy
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Given, Json, Model, Paged, answer

pages = noun("privacy", __name__, "/privacy")
Kind = Literal["erase", "suppress", "unsuppress"]
Entity = Literal["contact", "account"]
State = Literal["pending", "running", "done", "failed"]


class PrivacyRequest(Model):
    id: str
    kind: Kind
    entity: str = Field(description="contact, account, or record for one that nobody knew yet")
    subject: str = Field(description="Id of the contact or account, or of the request taken back")
    by: str = Field(description="Who asked; `vendor` for a vendor's own privacy deletion")
    reason: str
    state: State
    at: datetime
    finished_at: datetime | None
    doing: str | None = Field(description="The last step that was finished")
    error: str | None


class PrivacyRequestPage(Model):
    items: list[PrivacyRequest]
    next: str | None


class PrivacyReport(PrivacyRequest):
    report: Json = Field(description="What went, what stays and why, and where it was searched")


class PrivacyQuery(Paged):
    sort: Literal["at", "-at"] | None = None
    state: State | None = None
    kind: Kind | None = None


class PrivacyWish(Given):
    kind: Kind
    entity: Entity = "contact"
    subject: str = Field(min_length=1, max_length=100)
    reason: str = Field("", max_length=500)


class ExportQuery(Given):
    entity: Entity
    id: str = Field(min_length=1, max_length=100)


@pages.get("/requests", responses={200: PrivacyRequestPage})
def list_privacy_requests(query: PrivacyQuery) -> Response:
    """List privacy requests, latest first"""
    filters = query.model_dump(exclude={"limit", "cursor", "sort"})
    found = privacy.search(caller().store, query.asked(query.sort), filters)
    return answer(PrivacyRequestPage, found.shown())


@pages.get("/requests/<id>", responses={200: PrivacyReport})
def show_privacy_request(path: ById) -> Response:
    """Show a privacy request with its report"""
    return answer(PrivacyReport, privacy.one(caller().store, path.id))


@pages.post("/requests", responses={202: PrivacyReport})
def ask_for_privacy(body: PrivacyWish) -> Response:
    """Have a contact or account erased or suppressed, or take a request back; workers do it"""
    me = caller()
    made = asked.create(
        me.hub, me.tenant_id, body.kind, body.entity, body.subject, f"key {me.key_id}", body.reason
    )
    return answer(PrivacyReport, privacy.one(me.store, made["_id"]), 202)


@pages.post("/requests/<id>/retry", responses={202: PrivacyReport})
def retry_privacy_request(path: ById) -> Response:
    """Go on with a request that failed"""
    me = caller()
    work.again(me.hub, me.tenant_id, path.id, f"key {me.key_id}")
    return answer(PrivacyReport, privacy.one(me.store, path.id), 202)


@pages.get("/export", responses={200: {"content": {"application/json": {"schema": {}}}}})
def export_privacy(query: ExportQuery) -> Response:
    """Export everything that is held about a contact or an account, as one JSON document"""
    me = caller()
    pieces = export.export(me.hub, me.tenant_id, query.entity, query.id)
    me.note("exported", entity=query.entity, subject=query.id)
    return Response(pieces, content_type="application/json")
