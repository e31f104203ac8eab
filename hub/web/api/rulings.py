"""/api/v1/identity: people's decisions, what they would do, and the reviews that wait for one."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import Field

from hub.identity import asking, decisions
from hub.identity.asking import Asking
from hub.reads import identity
from hub.store.client import Doc
from hub.web.api.caller import Caller, caller
from hub.web.api.identities import Decision, Review, ReviewKind, vendors
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Edge, Given, Model, Paged, answer

pages = noun("rulings", __name__, "/identity")
NOTE = Field("", max_length=500, description="Why; kept with the decision")


class DecisionPage(Model):
    items: list[Decision]
    next: str | None


class DecisionQuery(Paged):
    kind: Literal["same", "not_same", "domain"] | None = None
    state: Literal["in_force", "undone"] | None = None
    id: str | None = Field(None, max_length=500, description="An account, a contact or a record")


class Wanted(Given):
    """same, not_same: `a` and `b`. split: `account` and `records`. domain: `domain`, `account`."""

    kind: Literal["same", "not_same", "split", "domain"]
    a: str = Field("", max_length=500, description="An account, a contact, or a record of one")
    b: str = Field("", max_length=500)
    account: str = Field("", max_length=500)
    records: list[str] = Field(default_factory=list, max_length=50)
    domain: str = Field("", max_length=300)
    note: str = NOTE

    def asking(self) -> Asking:
        return Asking(**self.model_dump())


class Noted(Given):
    note: str = NOTE


class EffectMember(Model):
    key: str
    source: str
    object: str
    native_id: str
    name: str | None
    deleted: bool
    from_: str | None = Field(alias="from", description="The account or contact it is in now")


class Resulting(Model):
    """An account or contact as it would be; `id` is null for one that does not exist yet."""

    id: str | None
    before: list[str]
    name: str | None
    members: list[EffectMember]


class Effect(Model):
    """What a decision would do. Where it is not `allowed`, an earlier `decision` says no."""

    allowed: bool
    because: str | None
    decision: str | None
    sentence: str
    accounts: list[Resulting]
    links: list[Edge]
    refused: list[Edge]


class ReviewPage(Model):
    items: list[Review]
    next: str | None


class OneReview(Review):
    decision: Decision | None = Field(description="The one that settled it")
    effect: Effect | None = Field(description="What yes would do; for a domain name an owner first")


class ReviewQuery(Paged):
    kind: ReviewKind | None = None
    state: Literal["open", "decided", "gone"] | None = None
    id: str | None = Field(None, max_length=500, description="An account, or a record of one")


class Owner(Given):
    owner: str | None = Field(None, max_length=500, description="Whose an ambiguous domain is")


class Yes(Noted):
    owner: str = Field("", max_length=500, description="Whose an ambiguous domain is")


@pages.get("/decisions", responses={200: DecisionPage})
def list_decisions(query: DecisionQuery) -> Response:
    """List decisions, latest first"""
    filters = query.model_dump(include={"kind", "state", "id"})
    found = identity.search_decisions(caller().store, query.asked(), filters, vendors(caller()))
    return answer(DecisionPage, found.shown())


@pages.get("/decisions/<id>", responses={200: Decision})
def show_decision(path: ById) -> Response:
    """Show a decision"""
    return answer(Decision, identity.decision(caller().store, path.id, vendors(caller())))


@pages.post("/decisions", responses={201: Decision})
def decide(body: Wanted) -> Response:
    """Decide: two are one, or two, or records go, or a domain belongs to somebody"""
    asked = caller()
    return _decided(asked, body.asking().decide(asked.hub, asked.tenant_id, who(asked)), 201)


@pages.post("/decisions/preview", responses={200: Effect})
def preview_decision(body: Wanted) -> Response:
    """Say what a decision would do, and do nothing"""
    asked = caller()
    return answer(Effect, _told(asked, body.asking().preview(asked.hub, asked.tenant_id)))


@pages.delete("/decisions/<id>", responses={200: Decision})
def undo_decision(path: ById) -> Response:
    """Undo a decision: the rules decide again"""
    asked = caller()
    return _decided(asked, decisions.undo(asked.hub, asked.tenant_id, path.id, who(asked)))


@pages.get("/reviews", responses={200: ReviewPage})
def list_reviews(query: ReviewQuery) -> Response:
    """List what waits for a person, longest waiting first"""
    filters = query.model_dump(include={"kind", "state", "id"})
    found = identity.search_reviews(caller().store, query.asked(), filters, vendors(caller()))
    return answer(ReviewPage, found.shown())


@pages.get("/reviews/<id>", responses={200: OneReview})
def show_review(path: ById, query: Owner) -> Response:
    """Show a review with the evidence on both sides and what saying yes would do"""
    asked = caller()
    found = identity.review(asked.store, path.id, vendors(asked))
    effect = asking.effect_of_yes(asked.hub, asked.tenant_id, found, query.owner or "")
    return answer(OneReview, found | {"effect": effect and _told(asked, effect)})


@pages.post("/reviews/<id>/accept", responses={201: Decision})
def accept_review(path: ById, body: Yes) -> Response:
    """Say yes: they are one; or, of an ambiguous domain, it is this owner's"""
    asked = caller()
    made = asking.accept(asked.hub, asked.tenant_id, path.id, who(asked), body.note, body.owner)
    return _decided(asked, made, 201)


@pages.post("/reviews/<id>/dismiss", responses={200: OneReview})
def dismiss_review(path: ById, body: Noted) -> Response:
    """Say no: they are two; an ambiguous domain is set aside and links nothing"""
    asked = caller()
    decisions.dismiss(asked.hub, asked.tenant_id, path.id, who(asked), body.note)
    found = identity.review(asked.store, path.id, vendors(asked))
    return answer(OneReview, found | {"effect": None})


def _told(asked: Caller, effect: Doc) -> Doc:
    return identity.told_effect(asked.store, effect, vendors(asked))


def who(asked: Caller) -> str:
    return f"key {asked.key_id}"


def _decided(asked: Caller, made: Doc, status: int = 200) -> Response:
    shown = identity.decision(asked.store, made["_id"], vendors(asked))
    return answer(Decision, shown, status)
