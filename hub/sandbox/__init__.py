"""The sandbox: vendors in small over one seeded world. README.md is its contract."""

from hub.sandbox.parcels import Event, Parcel, Subscription
from hub.sandbox.quota import Window
from hub.sandbox.server import Sandbox
from hub.sandbox.serving import Refused, Request, Response, route
from hub.sandbox.table import Edit, Table, Tombstone
from hub.sandbox.vendor import Options, Vendor
from hub.sandbox.world import World

__all__ = [
    "Edit",
    "Event",
    "Options",
    "Parcel",
    "Refused",
    "Request",
    "Response",
    "Sandbox",
    "Subscription",
    "Table",
    "Tombstone",
    "Vendor",
    "Window",
    "World",
    "route",
]
