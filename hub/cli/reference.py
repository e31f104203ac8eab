"""Writes the pages of `docs/reference` that follow from the code: `python3 dev.py docs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from hub.cli import contract, hub
from hub.cli.output import Exit
from hub.conform import report
from hub.plugin_host import load_plugins
from hub.settings import ROOT, Settings

FOLDER = ROOT / "docs" / "reference"
NOTE = "[//]: # (Written by python3 dev.py docs.)"


def pages() -> dict[str, str]:
    """File name -> Markdown."""
    return {
        "settings.md": settings_page(),
        "commands.md": commands_page(),
        "connector-api.md": contract.page(NOTE),
    }


def settings_page() -> str:
    """Every setting with its variable, default and meaning."""
    rows = [
        f"| `HUB_{name.upper()}` | {_default(field.default)} | {field.description or ''} |"
        for name, field in Settings.model_fields.items()
    ]
    head = ["| Variable | Default | Meaning |", "|---|---|---|"]
    intro = (
        "From the environment, or from a file of such lines named by `HUB_SETTINGS_FILE`; the "
        "environment wins, and the options of a command win over both. `hub doctor` shows what is "
        "in force. An app's credentials can also be given one by one, as "
        "`HUB_APPS__HUBSPOT__APP_SECRET`."
    )
    return "\n".join(["# Settings", NOTE, "", intro, "", *head, *rows, ""])


def commands_page() -> str:
    """Every command with its own help, and what the exit codes mean."""
    lines = ["# Commands", NOTE, ""]
    for path, command, context in _walk(
        hub, click.Context(hub, info_name="hub", terminal_width=100)
    ):
        lines += [f"## {path}", "", "```text", command.get_help(context).strip(), "```", ""]
    codes = [f"| {int(code)} | {code.name.lower().replace('_', ' ')} |" for code in Exit]
    return "\n".join([*lines, "## Exit codes", "", "| Code | Meaning |", "|---|---|", *codes, ""])


def connectors_page() -> str:
    """Every connector with its grade, rule by rule, out of the kept reports."""
    host = load_plugins()
    found = {
        c.title: report.read(c.mapping.parent)
        for _, c in sorted(host.connectors.items())
        if (c.mapping.parent / "sandbox.py").is_file()
    }
    intro = (
        "What `hub connectors check NAME --keep` found. A grade needs every rule of it and those "
        "below; exempt is what the vendor makes impossible, with the reason. "
        "[Writing a connector](writing-a-connector.md#6-check-it) tells what each rule asks."
    )
    lines = ["# Connectors and their grades", NOTE, "", intro, ""]
    lines += ["| Connector | Grade | Rules kept | Exempt |", "|---|---|---|---|"]
    for title, one in found.items():
        exempt = [
            f"`{r['rule']}`: {r['reason'].rstrip('.')}"
            for r in one["rules"]
            if r["state"] == "exempt"
        ]
        kept = f"{one['kept']} of {one['machine']}"
        lines.append(f"| {title} | {one['grade']} | {kept} | {'; '.join(exempt) or 'none'} |")
    machine = {r["rule"]: r["grade"] for one in found.values() for r in one["rules"]}
    lines += ["", "## Checked by machine", "", *_grid(found, "rules", machine)]
    judged = {r["rule"]: r["asks"] for one in found.values() for r in one["judgement"]}
    lines += ["", "## Declared by hand", "", *_grid(found, "judgement", judged), ""]
    return "\n".join(lines)


def _grid(found: dict[str, Any], kind: str, words: dict[str, str]) -> list[str]:
    """A row for each rule, a column for each connector."""
    rows = [f"| Rule | | {' | '.join(found)} |", f"|---|---|{'---|' * len(found)}"]
    states = {t: {r["rule"]: r["state"] for r in one[kind]} for t, one in found.items()}
    for rule, word in words.items():
        cells = " | ".join(states[title].get(rule, "unchecked") for title in found)
        rows.append(f"| `{rule}` | {word} | {cells} |")
    return rows


def _walk(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner:
                yield from _walk(
                    inner, click.Context(inner, info_name=name, parent=context, terminal_width=100)
                )


def _default(value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Path):
        value = value.relative_to(ROOT)
    return f"`{value}`" if value not in ("", None) and str(value) != "PydanticUndefined" else ""


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text)
        print(f"docs/reference/{name}")
    (FOLDER.parent / "connectors.md").write_text(connectors_page())
    print("docs/connectors.md")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
