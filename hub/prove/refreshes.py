"""An expired token that two workers and the web want at once: one renewal, and nothing is lost.

The vendor ends every refresh token that it has replaced at once, so that a second renewal with the
same one, or one whose answer was not stored, would end the connection. Its token endpoint is slow,
so that the others come while the first is at it.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from statistics import median
from time import monotonic
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import requests

from hub import consents, syncing
from hub.prove.ground import Ground
from hub.prove.result import Options, Result
from hub.sandbox.granting import Granting
from hub.store.client import Doc
from hub.waiting import wait_until

ROUNDS, ACCOUNTS = 1000, 3
STREAMS = ("projects", "users")
SLOW_S, ROUND_S = 0.1, 30.0
USER = "usr_proof"


def refreshes(options: Options) -> Result:
    """So many rounds, each with an expired token that three processes use at once.

    It ends with the first that is not as it must be: from there a person would have to reconnect.
    """
    rounds = options.of(ROUNDS, 10)
    with Ground(options.folder / "refreshes", accounts=ACCOUNTS, workers=2) as ground:
        crowd = Crowd(ground)
        before = monotonic()
        played, problems = 0, list[str]()
        while played < rounds and not problems:
            problems = crowd.play()
            played += 1
        facts = {
            "rounds": f"{played} of {rounds}",
            "renewals at the vendor": crowd.granting.renewals,
            "refresh tokens refused": crowd.granting.refusals,
            "replaced refresh tokens sent again": crowd.granting.reused,
            "answers to the web's call": dict(crowd.answers),
            "rounds in which both workers asked before a renewal was over": crowd.shared(),
            "seconds a round, median": round(median(crowd.lengths), 2),
            "seconds in all": round(monotonic() - before, 1),
        }
        return Result(facts, problems)


class Crowd:
    """One connection of Jira by consent, whose token dies before each round."""

    def __init__(self, ground: Ground) -> None:
        self.hub = ground.hub
        self.vendor = ground.vendor
        self.granting: Granting = cast(Any, ground.vendor).granting
        self.granting.leeway_s = 0
        self.url = ground.stack.url
        tenant = ground.tenant()
        self.tenant_id, self.store = tenant.tenant_id, tenant.store
        self.connection_id: str = self._connect()["_id"]
        tenant.await_calm()
        far = {"$set": {"next_sync_at": self.hub.now() + timedelta(days=30)}}
        self.store.streams.update_many({}, far)
        _, self.key = self.hub.catalogue.control.add_key(self.tenant_id, "proof", self.hub.now())
        self.vendor.faults.add("slow", path="/oauth/token$", seconds=SLOW_S)
        self.answers: Counter[int] = Counter()
        self.met: list[int] = []
        self.lengths: list[float] = []

    def play(self) -> list[str]:
        """Let the token die, let all three use it, and say what was not as it must be."""
        before, start = self._counts(), monotonic()
        self._expire()
        since = self.hub.now()
        web = threading.Thread(target=self._test)
        web.start()
        syncing.ask(self.hub, self.tenant_id, self.connection_id, STREAMS)
        web.join()
        if not wait_until(lambda: len(self._runs(since)) == 2, within_s=ROUND_S, every_s=0.01):
            return [f"runs of the workers: {self._runs(since)}"]
        self.lengths.append(monotonic() - start)
        renewals, *others = (now - then for now, then in zip(self._counts(), before, strict=True))
        self._note_who_met(since)
        return [*self._unlike(renewals, others), *self._unwell(since)]

    def shared(self) -> int:
        return sum(met == len(STREAMS) for met in self.met)

    def _unlike(self, renewals: int, others: list[int]) -> list[str]:
        found = [] if renewals == 1 else [f"{renewals} renewals"]
        return found + [f"{n} refused or replaced tokens were sent" for n in others if n]

    def _unwell(self, since: datetime) -> list[str]:
        connection = self._connection()
        grant = self.hub.catalogue.vault.open(connection["grant"])
        runs = Counter(run["state"] for run in self._runs(since))
        wrong = {
            f"the connection is {connection['state']}": connection["state"] != "active",
            f"runs ended as {dict(runs)}": runs != {"done": len(STREAMS)},
            "the stored access token is not good": not self.granting.lets_in(grant["access_token"]),
            "the stored refresh token is old": not self.granting.is_current(grant["refresh_token"]),
            f"the web was answered {dict(self.answers)}": set(self.answers) != {200},
        }
        return [problem for problem, holds in wrong.items() if holds]

    def _note_who_met(self, since: datetime) -> None:
        """Workers whose run began before the renewal that began this round was answered."""
        grant = self.hub.catalogue.vault.open(self._connection()["grant"])
        over = datetime.fromisoformat(grant["issued_at"]) + timedelta(seconds=SLOW_S)
        self.met.append(sum(run["started_at"] < over for run in self._runs(since)))

    def _expire(self) -> None:
        """The hub sees a life that is over, and the vendor takes the token no more."""
        grant = self.hub.catalogue.vault.open(self._connection()["grant"])
        given = datetime.fromisoformat(grant["issued_at"]) - timedelta(seconds=grant["life_s"])
        old = self.hub.catalogue.vault.seal(
            self.tenant_id, grant | {"issued_at": given.isoformat()}
        )
        self.store.connections.update({"_id": self.connection_id}, {"$set": {"grant": old}})
        self.granting.end_access()

    def _test(self) -> None:
        answer = requests.post(
            f"{self.url}/api/v1/connections/{self.connection_id}/test",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=ROUND_S,
        )
        self.answers[answer.status_code] += 1

    def _runs(self, since: datetime) -> list[Doc]:
        ended = {"started_at": {"$gte": since}, "state": {"$in": ["done", "failed"]}}
        return list(self.store.runs.find(ended, {"state": 1, "started_at": 1, "stream": 1}))

    def _connection(self) -> Doc:
        return self.hub.connection(self.store, self.connection_id)

    def _counts(self) -> tuple[int, int, int]:
        return self.granting.renewals, self.granting.refusals, self.granting.reused

    def _connect(self) -> Doc:
        """Consent as a browser gives it, without one."""
        connector, settings = self.hub.plugins.connector("jira"), self.vendor.credentials()
        wanted = consents.ask(
            self.hub, self.tenant_id, USER, connector, settings["settings"], "Proof"
        )
        allow = wanted["url"].replace("/authorize?", "/authorize/allow?")
        answer = requests.get(allow, allow_redirects=False, timeout=ROUND_S)
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        found = consents.answered(self.hub, self.tenant_id, USER, wanted["state"], code)
        key = consents.hold(self.hub, found)
        return consents.pick(self.hub, self.tenant_id, USER, key, found.choices[0].id)
