"""Every connector keeps the contract, and the suite notices one that does not."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hub.api import AccountInfo, Change, Connector, CorrectInput, Delivery, GiveUp, Page, Record
from hub.api.signing import Hmac, SharedSecret
from hub.conform import quality, suite
from hub.conform.rule import RULES
from hub.conform.suite import Outcome
from hub.http import VendorHttp
from hub.plugin_host import PluginHost, load_plugins
from hub.settings import ROOT

HOST = load_plugins()
PULLING = sorted(name for name, c in HOST.connectors.items() if c.webhooks)
PAGE = (ROOT / "docs" / "writing-a-connector.md").read_text()
FILE = re.compile(r"^`(tinydesk/[\w./]+)`\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", PULLING)
def test_every_connector_of_ours_is_gold(name: str) -> None:
    outcomes = suite.check(HOST, name)
    assert [o for o in outcomes if not o.counts] == []
    assert suite.grade(outcomes) == "gold"


@pytest.fixture(scope="module")
def tinydesk(tmp_path_factory: pytest.TempPathFactory) -> PluginHost:
    """The connector of the guide, as an outsider keeps it."""
    folder = tmp_path_factory.mktemp("connectors")
    for name, text in FILE.findall(PAGE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return load_plugins(folder=str(folder))


@pytest.fixture
def broken(tinydesk: PluginHost) -> Iterator[Callable[[Connector], None]]:
    """Puts another Tinydesk in the place of the right one, for one test."""
    kept = tinydesk.connectors["tinydesk"]

    def put(connector: Connector) -> None:
        tinydesk.connectors["tinydesk"] = connector

    yield put
    tinydesk.connectors["tinydesk"] = kept


Change_ = Callable[[Connector], Connector]
COUNT = count()
BUGS: dict[str, tuple[str, Change_]] = {}


def bug(rule: str, name: str) -> Callable[[Change_], Change_]:
    def declare(change: Change_) -> Change_:
        BUGS[name] = (rule, change)
        return change

    return declare


def hook(connector: Connector, **changes: Any) -> Connector:
    return replace(connector, webhooks=(replace(connector.webhooks[0], **changes),))


def stream(connector: Connector, **changes: Any) -> Connector:
    return replace(connector, streams=(replace(connector.streams[0], **changes),))


def paged(change: Callable[[Iterator[Page]], Iterator[Page]]) -> Change_:
    """A bug in what the listing yields."""

    def apply(connector: Connector) -> Connector:
        pages = connector.streams[0].pages
        return stream(connector, pages=lambda client, cursor, f: change(pages(client, cursor, f)))

    return apply


def fetched(change: Callable[[Record], Record]) -> Change_:
    def apply(connector: Connector) -> Connector:
        fetch = connector.streams[0].fetch
        assert fetch is not None
        return stream(connector, fetch=lambda client, ids: map(change, fetch(client, ids)))

    return apply


def parsed(change: Callable[[Change], Change]) -> Change_:
    def apply(connector: Connector) -> Connector:
        parse = connector.webhooks[0].parse
        return hook(connector, parse=lambda delivery: [change(c) for c in parse(delivery)])

    return apply


bug("fields", "a token is not marked secret")(
    lambda c: replace(c, fields=tuple(replace(f, secret=False) for f in c.fields))
)
bug("fields", "a field has no help")(
    lambda c: replace(c, fields=tuple(replace(f, help=" ") for f in c.fields))
)
bug("mapped", "a stream is said to be of another entity")(lambda c: stream(c, entity="contact"))
bug("mapped", "a stream has no mapping")(lambda c: stream(c, object="firm"))
bug("connect", "the account has another id each time")(
    lambda c: replace(c, check=lambda client: replace(c.check(client), id=str(next(COUNT))))
)
bug("refuse", "credentials are not tried")(
    lambda c: replace(c, check=lambda client: AccountInfo("1", "Tiny"))
)
bug("open", "opening calls the vendor")(
    lambda c: replace(c, open=lambda *given: _called(c.open(*given)))
)
bug("counted", "calls go past the guard")(
    lambda c: replace(
        c, open=lambda settings, secrets, http: c.open(settings, secrets, VendorHttp(None, "past"))
    )
)
bug("list", "a page comes twice")(paged(lambda pages: (p for page in pages for p in (page, page))))
bug("list", "the last record of a page is lost")(
    paged(lambda pages: (replace(p, records=p.records[:-1]) if _within(p) else p for p in pages))
)
bug("resume", "a cursor points one page too far")(paged(lambda pages: _ahead(list(pages))))
bug("cursors", "a cursor holds a time")(
    paged(lambda pages: (replace(p, cursor={"at": datetime.now()}) for p in pages))
)
bug("map", "records hold a number for a name")(
    paged(lambda pages: (replace(p, records=[{**r, "name": 7} for r in p.records]) for p in pages))
)
bug("fetch", "a fetched record lacks a field")(fetched(lambda r: {"id": r["id"]}))
bug("fetch", "what is unknown is made up")(
    lambda c: stream(c, fetch=lambda client, ids: [{"id": i, "name": "?"} for i in ids])
)
bug("half", "an answer cut short is taken for the end")(
    lambda c: stream(c, pages=lambda *given: _swallowed(c, given))
)
bug("limit", "a limit gives up")(lambda c: stream(c, pages=lambda *given: _given_up(c, given)))
bug("verify", "another header is read")(lambda c: hook(c, verify=Hmac("x-other").verify))
bug("verify", "the signature is of another encoding")(
    lambda c: hook(c, verify=Hmac("x-tinydesk-signature", encoding="base64").verify)
)
bug("secret", "nothing is verified")(lambda c: hook(c, verify=lambda delivery, registration: None))
bug("headers", "nothing is verified, and headers are not looked at")(
    lambda c: hook(c, verify=lambda delivery, registration: None)
)
bug("forged", "only a shared secret is looked at")(
    lambda c: hook(c, verify=lambda d, r: SharedSecret("x-any").verify(_with_secret(d, r), r))
)
bug("both", "only the newest secret is tried")(
    lambda c: hook(
        c, verify=lambda d, r: c.webhooks[0].verify(d, replace(r, secrets=r.secrets[:1]))
    )
)
bug("key", "the key changes with the moment")(
    lambda c: hook(c, delivery_key=lambda d: str(next(COUNT)))
)
bug("key", "every delivery has one key")(lambda c: hook(c, delivery_key=lambda d: "same"))
bug("parse", "a change has a time without a zone")(
    parsed(lambda change: replace(change, occurred_at=change.occurred_at.replace(tzinfo=None)))
)
bug("parse", "a change is of a kind that does not exist")(
    parsed(lambda change: replace(change, kind="touch"))  # type: ignore[arg-type]
)
bug("parse", "a change is of an object that no stream brings")(
    parsed(lambda change: replace(change, object="firm"))
)
bug("parse", "a change names no record")(parsed(lambda change: replace(change, native_id="")))
bug("told", "every event is ignored")(parsed(lambda change: replace(change, rule="not_used")))
bug("wild", "the parser trusts the body")(
    lambda c: hook(c, parse=lambda d: [_trusting(json.loads(d.body))])
)
bug("secrecy", "the token is logged")(
    lambda c: replace(c, open=lambda s, secrets, http: _logged(c.open(s, secrets, http), secrets))
)


def _called(client: Any) -> Any:
    client.find("api/me")
    return client


def _within(page: Page) -> bool:
    return isinstance(page.cursor, dict) and "next" in page.cursor


def _ahead(pages: list[Page]) -> Iterator[Page]:
    cursors = [page.cursor for page in pages[1:]] + [pages[-1].cursor]
    yield from (replace(page, cursor=cursor) for page, cursor in zip(pages, cursors, strict=True))


def _swallowed(connector: Connector, given: tuple[Any, ...]) -> Iterator[Page]:
    try:
        yield from connector.streams[0].pages(*given)
    except Exception:
        yield Page((), None)


def _given_up(connector: Connector, given: tuple[Any, ...]) -> Iterator[Page]:
    try:
        yield from connector.streams[0].pages(*given)
    except Exception:
        raise GiveUp("Tinydesk said no.") from None


def _with_secret(delivery: Delivery, registration: Any) -> Delivery:
    word = registration.secrets[0] if registration.secrets else ""
    return replace(delivery, headers={"x-any": word})


def _trusting(event: Any) -> Change:
    at = datetime.fromisoformat(event["at"])
    return Change("company", event["company"], "upsert", at)


def _logged(client: Any, secrets: Any) -> Any:
    logging.getLogger("tinydesk").warning("opened with %s", secrets)
    return client


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_caught_by_the_rule_that_is_about_it(
    name: str, tinydesk: PluginHost, broken: Callable[[Connector], None]
) -> None:
    rule, change = BUGS[name]
    broken(change(tinydesk.connectors["tinydesk"]))
    asked = [rule] if rule != "secrecy" else ["connect", "secrecy"]
    found = suite.check(tinydesk, "tinydesk", asked)
    assert [(o.rule, o.state) for o in found if o.rule == rule] == [(rule, "failed")]
    assert all(o.reason for o in found if o.state == "failed")


def outcome(grade: str, state: str) -> Outcome:
    return Outcome("r", grade, "", state)  # type: ignore[arg-type]


def test_a_grade_needs_all_below_it_and_a_skip_is_no_pass() -> None:
    every = [outcome(g, "passed") for g in ("bronze", "silver", "gold")]
    assert suite.grade(every) == "gold"
    assert suite.grade([*every, outcome("gold", "skipped")]) == "silver"
    assert suite.grade([*every, outcome("silver", "failed")]) == "bronze"
    assert suite.grade([*every, outcome("silver", "exempt")]) == "gold"
    assert suite.grade([*every, outcome("bronze", "failed")]) == "none"


@pytest.mark.parametrize(
    "text",
    [
        "exempt: {verify: it is hard}",
        "exempt: {resume: it is hard}",
        "exempt: {no_such_rule: reason}",
        "exempt: {old: ''}",
        "exempt: {old: a, forged: b, wild: c, key: d}",
    ],
)
def test_what_may_not_be_exempt_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "quality.yaml").write_text(text)
    with pytest.raises(CorrectInput):
        quality.read(tmp_path)


def test_there_are_more_rules_than_anybody_would_check_by_hand() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names)) >= 25
