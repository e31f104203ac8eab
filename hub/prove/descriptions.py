"""What connectors send and sandboxes answer in a whole check, by the vendors' own descriptions."""

from __future__ import annotations

from hub.conform import noting, published, suite
from hub.plugin_host import load_plugins
from hub.prove.bugs import checked, silence
from hub.prove.result import Options, Result
from hub.sandbox import Request, Response


def descriptions(options: Options) -> Result:
    """Every request and answer of every rule; without a vendor's file nothing holds."""
    silence()
    host = load_plugins()
    rows = [["Connector", "Published at", "Compared"]]
    facts, problems = dict[str, str](), list[str]()
    for name in checked(host):
        folder = host.connector(name).mapping.parent
        named = published.read(folder)
        if named is None:
            continue
        seen: list[tuple[Request, Response]] = []
        if not noting.lacking(named):
            suite.check(host, name, (), lambda *exchange, kept=seen: kept.append(exchange))
        note = noting.note(folder, seen)
        assert note is not None
        facts[name] = f"{note.state}: {note.reason}"
        rows.append([name, named.published, note.reason])
        problems += [f"{name}: {text}" for text in note.differences]
        problems += [f"{name}: {note.reason}"] if note.state == "skipped" else []
    return Result(facts, problems, rows)
