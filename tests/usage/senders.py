"""A source of product usage whose calls a test writes down as the tracking SDKs make them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from hub import connections
from hub.engine import usage
from hub.store.client import Doc
from hub.usage import events
from hub.usage.pieces import Piece
from tests.stage import Stage

_ids = itertools.count(1)
Call = dict[str, Any]


def track(user: str, name: str, at: datetime, group: str = "", **more: Any) -> Call:
    """A track call; `more` are further fields of the call, such as anonymousId."""
    context = {"context": {"groupId": group}} if group else {}
    return _call("track", at, userId=user, event=name, **context, **more)


def group(user: str, key: str, at: datetime, **traits: Any) -> Call:
    return _call("group", at, userId=user, groupId=key, traits=traits)


def identify(user: str, at: datetime, anonymous: str = "", **traits: Any) -> Call:
    return _call("identify", at, userId=user, anonymousId=anonymous, traits=traits)


def alias(user: str, former: str, at: datetime) -> Call:
    return _call("alias", at, userId=user, previousId=former)


def _call(kind: str, at: datetime, **parts: Any) -> Call:
    return {"type": kind, "messageId": f"m{next(_ids):06d}", "timestamp": at.isoformat(), **parts}


@dataclass
class Source:
    """One connected source."""

    stage: Stage
    connection: Doc

    @property
    def id(self) -> str:
        return str(self.connection["_id"])

    def send(self, *calls: Call, batch: str = "b") -> None:
        """Put calls where the edge leaves them; an id that is known is a duplicate."""
        now = self.stage.hub.now(self.stage.tenant_id)
        parcel = events.Parcel(self.id, batch, now, timedelta(days=400), events.SEGMENT)
        rows = {}
        for call in calls:
            row = events.row(Piece(call, text=json.dumps(call)), parcel)
            assert not isinstance(row, events.Refused), row
            rows[row["_id"]] = row
        stored = self.stage.store.usage_events
        known = {doc["_id"] for doc in stored.find({"_id": {"$in": [*rows]}}, {"_id": 1})}
        stored.insert_many(row for key, row in rows.items() if key not in known)

    def work(self) -> None:
        """Count what was sent, and settle."""
        assert usage.work(self.stage.hub, self.stage.store, monotonic() + 60)
        self.stage.settle()


def source(stage: Stage, name: str = "Web app", **settings: str) -> Source:
    given = {"source": name, **settings}
    return Source(stage, connections.add(stage.hub, stage.tenant_id, "product_usage", given, {}))
