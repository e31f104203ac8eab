"""Sync: records pulled from the vendor through the whole pipeline by one worker process."""

from __future__ import annotations

import json
import time
from pathlib import Path

import requests
from pymongo import UpdateOne

from hub.bench.meter import memory_mb
from hub.bench.report import Report, Row, row
from hub.bench.rig import Rig, rig, today_world, vendor
from hub.bench.sizes import Size
from hub.bench.world import STREAMS, World
from hub.store.client import Doc
from mappings.language import Context

SHARE = 100
"""Records to an account, people and company included."""


def world_of(size: Size, name: str = "w000") -> World:
    accounts = max(2, size.pulled // SHARE)
    return today_world(name, accounts, size.pulled - accounts * 6)


def run(folder: Path, size: Size, report: Report) -> None:
    world = world_of(size)
    with rig(folder, web_workers=1) as made, vendor(made, world) as port:
        connection = made.connect(world, port)
        report.add(bare(made, world, port))
        for stream in STREAMS:
            report.add(pulled(made, connection, stream, world.count(stream)))
        report.add(_whole(made, report.rows[-3:], world))
        again = pulled(made, connection, "tickets", world.count("tickets"), full=True)
        again.case, again.budget = "re-sync of tickets, nothing changed", "10,000/s"
        again.met = again.rate >= 10_000
        report.add(again)


def pulled(made: Rig, connection: Doc, stream: str, count: int, *, full: bool = False) -> Row:
    """One stream's run, from the bell to all settled."""
    with made.meter() as meter:
        start = time.monotonic()
        made.pull(connection, stream, full=full)
        seconds = time.monotonic() - start
    found = row("sync", stream, count, meter, seconds)
    worker = made.stack.pids("worker-1")[0]
    found.notes = {
        "per worker CPU second": round(1e6 / max(found.cpu_us.get("worker-1", 1.0), 1.0)),
        "worker MB": round(memory_mb(worker)),
    }
    return found


def _whole(made: Rig, parts: list[Row], world: World) -> Row:
    """All streams together."""
    seconds = sum(part.items / part.rate for part in parts)
    names = {name for part in parts for name in part.cpu_us}
    cpu = {
        name: round(sum(p.cpu_us.get(name, 0.0) * p.items for p in parts) / world.records, 1)
        for name in sorted(names)
    }
    found = Row("sync", "whole pipeline, all streams", world.records, 0.0, cpu_us=cpu)
    found.rate = round(world.records / seconds, 1)
    found.others = max(part.others for part in parts)
    found.quiet = all(part.quiet for part in parts)
    per_core = 1e6 / max(cpu.get("worker-1", 1.0), 1.0)
    found.notes = {"per worker CPU second": round(per_core), **_memory(made)}
    found.budget, found.met = "1,500/s a worker core", per_core >= 1_500
    return found


def _memory(made: Rig) -> Doc:
    return {"worker MB": round(memory_mb(made.stack.pids("worker-1")[0]))}


def bare(made: Rig, world: World, port: int) -> Row:
    """The floor: fetch pages, map, guarded upsert of 500, durable, in one process."""
    mapping, context = made.hub.plugins.mappings["loopback"]["ticket"], Context({}, {})
    records = made.store.database["bench_records"]
    session, at, writes, count = requests.Session(), "0", [], 0
    with made.meter() as meter:
        start = time.monotonic()
        while at != "end":
            page = session.get(f"http://127.0.0.1:{port}/{world.name}/tickets", params={"from": at})
            body = page.json()
            at = body["next"]
            for record in body["records"]:
                mapped = mapping.apply(record, context)
                fields = {
                    "version": mapped.version,
                    "values": mapped.values,
                    "raw": json.dumps(record).encode(),
                }
                newer = {"$lt": [{"$ifNull": ["$version", None]}, mapped.version]}
                change = {k: {"$cond": [newer, v, f"${k}"]} for k, v in fields.items()}
                writes.append(UpdateOne({"_id": mapped.native_id}, [{"$set": change}], upsert=True))
                count += 1
            if len(writes) >= 500 or at == "end":
                records.bulk_write(writes, ordered=False)
                writes = []
        seconds = time.monotonic() - start
    records.drop()
    return row("sync", "floor: bare fetch, map, upsert", count, meter, seconds)
