"""One watched connection: its looks, its endpoints, and the vendor's side of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.store.client import Doc
from hub.subscriptions import asking, looking
from tests.stage import Stage


@dataclass
class Watched:
    """A connection on a stage with one sandbox vendor."""

    stage: Stage
    connection: Doc

    @classmethod
    def connected(cls, stage: Stage, vendor: str) -> Watched:
        """Connected, synced once, subscribed, and looked after once."""
        made = cls(stage, stage.connect(vendor))
        stage.sync(made.connection)
        results = made.subscribe()
        assert all(result["state"] == "waiting" for result in results), results
        made.look()
        return made

    @property
    def id(self) -> str:
        return str(self.connection["_id"])

    @property
    def vendor(self) -> Any:
        assert self.stage.sandbox is not None
        return self.stage.sandbox[self.connection["connector"]]

    def subscribe(self) -> list[Doc]:
        return asking.subscribe(self.stage.hub, self.stage.tenant_id, self.id)

    def look(self) -> None:
        """As the worker does when the due time has come."""
        looking.look(self.stage.hub, self.stage.tenant_id, self.id)

    def look_at_vendor(self) -> None:
        """The look that lists."""
        self.stage.store.connections.update({"_id": self.id}, {"$unset": {"watch.next_at": ""}})
        self.look()

    def later(self, **time: float) -> None:
        """Days pass at the hub; and at the vendor, whose stamps are then of that time."""
        passed = timedelta(**time)
        control = self.stage.hub.catalogue.control
        change = {"$inc": {"clock_offset_s": passed.total_seconds()}}
        control.tenants.update_one({"_id": self.stage.tenant_id}, change)
        self.stage.hub.forget_offsets()
        self.vendor.clock.advance(passed.total_seconds())

    def watch(self) -> Doc:
        found = self.stage.store.connections.find_one({"_id": self.id})
        assert found is not None
        return dict(found.get("watch") or {})

    def endpoints(self) -> list[Doc]:
        control = self.stage.hub.catalogue.control
        return control.endpoints_of(self.stage.tenant_id, self.id)

    def change(self, endpoint_id: str, fields: Doc) -> None:
        control = self.stage.hub.catalogue.control
        mine = {"_id": endpoint_id, "tenant_id": self.stage.tenant_id}
        control.endpoints.update_one(mine, {"$set": fields})

    def put(self, endpoint: Doc) -> None:
        """As it was before."""
        mine = {"_id": endpoint["_id"], "tenant_id": self.stage.tenant_id}
        self.stage.hub.catalogue.control.endpoints.replace_one(mine, endpoint)

    def there(self) -> set[str]:
        """Ids of the subscriptions that the vendor keeps."""
        return {found.id for found in self.vendor.subscriptions()}

    def ours(self) -> set[str]:
        """Ids of the vendor's subscriptions that we know of."""
        return {str(e["vendor_id"]) for e in self.endpoints() if e.get("vendor_id")}

    def told(self) -> None:
        """The vendor's webhooks arrive and are worked on."""
        assert self.vendor.settle(20)
        self.stage.drain(self.connection)


class replaced:
    """The connector's webhook with another function for a while."""

    def __init__(self, watched: Watched, name: str, function: Any) -> None:
        self._webhook = watched.stage.hub.connector_of(watched.connection).webhooks[0]
        self._name, self._function = name, function

    def __enter__(self) -> None:
        self._before = getattr(self._webhook, self._name)
        object.__setattr__(self._webhook, self._name, self._function)

    def __exit__(self, *_: object) -> None:
        object.__setattr__(self._webhook, self._name, self._before)
