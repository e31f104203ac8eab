"""One broken plugin neither stops the others nor hides: each says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.plugin_host import load_plugins

HEAD = """
from pathlib import Path
from hub.api import AccountInfo, Connector, hookimpl

def make(name):
    here = Path(__file__).parent
    return Connector(
        name=name, title=name, source_kind="crm", fields=(), open=lambda *a: None,
        check=lambda c: AccountInfo("1", "one"), streams=(), webhooks=(),
        mapping=here / "mapping.yaml", readme=here / "README.md",
    )
"""
MAPPING = "- {stream: x, object: o, entity: account, id: id}"
OFFER = HEAD + "\n@hookimpl\ndef register_connectors(): return [%s]\n"


def write(folder: Path, name: str, code: str, mapping: str = MAPPING) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(code)
    (folder / name / "mapping.yaml").write_text(mapping)


@pytest.mark.parametrize(
    ("code", "mapping", "reason"),
    [
        ("def (", MAPPING, "SyntaxError"),
        ("raise SystemExit(3)", MAPPING, "SystemExit: 3"),
        (OFFER % "make('jira')", MAPPING, "the connector jira is offered by plugins.jira and by "),
        (OFFER % "make('a'), make('a')", MAPPING, "it offers the connector a twice"),
        (HEAD + "\n@hookimpl\ndef register_conectors(): ...", MAPPING, "register_conectors"),
        (HEAD + "\n@hookimpl\ndef customer_changed(tenant): ...", MAPPING, "'tenant'"),
        (OFFER % "make('a')", MAPPING + "\n- [", "mapping.yaml:2"),
    ],
)
def test_a_broken_plugin_says_why_and_the_others_load(
    tmp_path: Path, code: str, mapping: str, reason: str
) -> None:
    write(tmp_path, "broken", code, mapping)
    write(tmp_path, "whole", OFFER % "make('whole')")
    host = load_plugins(folder=str(tmp_path))
    reasons = {plugin.name: plugin.reason for plugin in host.report}
    assert reason in reasons["broken"]
    assert {"whole", "jira", "hubspot"} <= host.connectors.keys()
    assert [name for name, why in reasons.items() if why] == ["broken"]


def test_a_plugins_conversion_serves_every_mapping(tmp_path: Path) -> None:
    """The plugin that offers it may load after the one that uses it."""
    uses = "- {stream: x, object: o, entity: account, id: id, fields: {name: {from: n, as: loud}}}"
    write(tmp_path, "a_uses", OFFER % "make('uses')", uses)
    offer = "\n@hookimpl\ndef register_conversions(): return {'loud': lambda v, c: v.upper()}\n"
    write(tmp_path, "b_offers", HEAD + offer)
    host = load_plugins(folder=str(tmp_path))
    assert [plugin.reason for plugin in host.report if plugin.reason] == []
    assert "uses" in host.connectors
