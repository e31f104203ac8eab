"""Bugs in what a connector says of itself, and in how it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from hub.api import AccountInfo, Left, Limits
from hub.conform.bugs.subject import Subject, bug

NUMBER = count()


@bug("a secret is not marked secret", "fields", "asked")
def shown_secret(subject: Subject) -> Subject | None:
    return subject.but(fields=tuple(replace(f, secret=False) for f in subject.connector.fields))


@bug("a field has no help", "fields")
def helpless(subject: Subject) -> Subject | None:
    return subject.but(fields=tuple(replace(f, help=" ") for f in subject.connector.fields))


@bug("a setting is read that is no field", "asked")
def undeclared(subject: Subject) -> Subject | None:
    real = subject.connector.open

    def opened(settings: Mapping[str, str], secrets: Mapping[str, str], http: Any) -> Any:
        settings.get("region_of_the_moon")
        return real(settings, secrets, http)

    return subject.but(open=opened)


@bug("a stream is said to be of another entity", "mapped")
def other_entity(subject: Subject) -> Subject | None:
    return subject.streams(
        lambda s: {"entity": "contact" if s.entity == "account" else "account"} if s.entity else {}
    )


@bug("a stream has no mapping", "mapped")
def unmapped(subject: Subject) -> Subject | None:
    first = next(s.name for s in subject.connector.streams if s.entity)
    return subject.streams(lambda s: {"object": "nothing_like_it"} if s.name == first else {})


@bug("it requires a hub that is not this one", "manifest")
def other_hub(subject: Subject) -> Subject | None:
    return subject.but(requires_hub=">=99")


@bug("two streams have one name", "manifest")
def one_name(subject: Subject) -> Subject | None:
    own = subject.connector.streams
    return subject.but(streams=(*own, replace(own[0], object="another")))


@bug("the account has another id each time", "connect")
def changing_id(subject: Subject) -> Subject | None:
    real = subject.connector.check
    return subject.but(check=lambda client: replace(real(client), id=str(next(NUMBER))))


@bug("credentials are not tried", "refuse")
def untried(subject: Subject) -> Subject | None:
    return subject.but(check=lambda client: AccountInfo("1", "Anybody"))


@bug("opening calls the vendor", "open")
def eager(subject: Subject) -> Subject | None:
    own = subject.connector

    def opened(settings: Any, secrets: Any, http: Any) -> Any:
        own.check(client := own.open(settings, secrets, http))
        return client

    return subject.but(open=opened)


@bug("a limit header that is odd breaks the reader", "limits")
def strict_limits(subject: Subject) -> Subject | None:
    def left(headers: Mapping[str, str]) -> list[Left]:
        return [Left(60, int(value)) for key, value in headers.items() if "limit" in key.lower()]

    named = subject.limit_headers
    return subject.but(limits=Limits(left=left)) if named else None


@bug("a limit lets nothing through", "limits")
def closed(subject: Subject) -> Subject | None:
    return subject.but(limits=Limits(concurrent=0))


@bug("calls have no time-out", "slow")
def patient(subject: Subject) -> Subject | None:
    """Only where plain requests go through the hub's session and nothing else sets a time-out."""
    if not subject.plain:
        return None
    real = subject.connector.open

    def opened(settings: Any, secrets: Any, http: Any) -> Any:
        ask = http.session.request
        http.session.request = lambda *a, **options: ask(*a, **{**options, "timeout": None})
        return real(settings, secrets, http)

    return subject.but(open=opened)
