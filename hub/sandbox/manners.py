"""What a vendor says for itself, with the answers of a plain one as defaults."""

from __future__ import annotations

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime

from hub.sandbox.parcels import Event, Parcel, Subscription
from hub.sandbox.serving import Request, Response
from hub.sandbox.table import Edit, Row
from hub.sandbox.world import World

RETRY_DELAYS_S = (60.0, 300.0, 1800.0)


class Manners(ABC):
    """The part of a Vendor that connectors override; README.md lists when each is asked."""

    name: str
    tls = False
    batch_size = 1
    regroups = False
    page_size = 0
    """Rows on a page at most; 0 where it holds as many as the caller asks for."""

    def rows_of(self, asked: int) -> int:
        """How many rows a page holds when the caller asks for so many."""
        return min(asked, self.page_size or asked)

    @abstractmethod
    def seed(self, world: World) -> None:
        """Fill the tables from the world."""

    @abstractmethod
    def on_change(self, edit: Edit) -> Iterable[Event]:
        """What the vendor tells about one edit."""

    @abstractmethod
    def stir(self, rng: random.Random) -> None:
        """Make one plausible edit."""

    @abstractmethod
    def credentials(self) -> dict[str, dict[str, str]]:
        """What the hub needs to connect: settings, secrets and perhaps operator."""

    def stamp(self, table: str, record: Row, now: datetime, created: bool) -> None:
        """Write modified and created stamps into `record`, in place."""
        return

    def authorise(self, request: Request) -> Response | None:
        """None when the call may pass, else the vendor's refusal."""
        return None

    def limit_headers(self, request: Request) -> dict[str, str]:
        """Rate-limit headers of every answer."""
        return {}

    def limited(self, retry_after: int) -> Response:
        """The vendor's 429."""
        headers = {"Retry-After": str(retry_after)}
        return Response({"message": "rate limit exceeded"}, 429, headers)

    def server_error(self, status: int) -> Response:
        """The vendor's 5xx."""
        return Response("Service temporarily unavailable", status)

    def expired(self) -> Response:
        """The vendor's answer to an expired token."""
        return Response({"message": "the access token expired"}, 401)

    def not_found(self, request: Request) -> Response:
        """The vendor's answer where nothing is."""
        return Response({"message": f"nothing at {request.path}"}, 404)

    def accepts(self, subscription: Subscription, event: Event) -> bool:
        """Whether a subscription wants an event."""
        return not subscription.events or event.topic in subscription.events

    def render(self, parcel: Parcel) -> bytes:
        """The body of a webhook."""
        data = [event.data for event in parcel.events]
        return json.dumps(data if self.batch_size > 1 else data[0], ensure_ascii=False).encode()

    def sign(self, parcel: Parcel, body: bytes) -> dict[str, str]:
        """The headers of a webhook."""
        return {"Content-Type": "application/json"}

    def acknowledged(self, parcel: Parcel, status: int, body: bytes) -> bool:
        """Whether the answer to a webhook is the wanted one."""
        return 200 <= status < 300

    def retry_delay(self, attempt: int) -> float | None:
        """The vendor's seconds to wait after failed attempt 1, 2, ...; None gives up."""
        return RETRY_DELAYS_S[attempt - 1] if attempt <= len(RETRY_DELAYS_S) else None

    def granted(self) -> dict[str, dict[str, str]] | None:
        """`settings` and `secrets` of a connection whose admin has signed in, if that is another
        way in than `credentials`."""
        return None

    def greet(self, subscription: Subscription) -> bool:
        """Shake hands with a new subscriber; may set its secret."""
        return True
