"""`hub connectors new`: asks how the vendor is, and writes a connector that passes at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

import click

from hub import scaffold
from hub.cli.output import emit, json_option
from hub.settings import ROOT, load_settings

AUTHS, PAGINGS, SIGNATURES = (
    click.Choice(get_args(kind)) for kind in (scaffold.Auth, scaffold.Paging, scaffold.Signature)
)
QUESTIONS = {
    "auth": ("How is the key sent?", AUTHS, "bearer"),
    "paging": ("How do its lists go on?", PAGINGS, "cursor"),
    "signature": (
        "How does it sign what it pushes (stamped: with the time; shared: not at all)?",
        SIGNATURES,
        "hmac",
    ),
}


@click.command()
@click.argument("name")
@click.option("--title", help="What people call the vendor.")
@click.option("--auth", type=AUTHS, help="How the key is sent; bearer.")
@click.option("--paging", type=PAGINGS, help="How lists go on; cursor.")
@click.option("--signature", type=SIGNATURES, help="How pushes are signed; hmac.")
@click.option("--distribution", is_flag=True, help="As a distribution of its own, for pip.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its folder goes; else HUB_CONNECTORS_PATH, else plugins/ of the checkout that you "
    "are in, else here. A distribution goes here.",
)
@json_option
def new(
    name: str, title: str | None, distribution: bool, folder: Path | None, as_json: bool, **how: Any
) -> None:
    """Make a new connector, with a sandbox and a test, that passes `check` at once.

    Asks for what is not given where a person can answer.
    """
    asking = sys.stdin.isatty() and not as_json
    title = title or _asked("What do people call it?", name.replace("_", " ").title(), asking)
    for key, (question, kind, usual) in QUESTIONS.items():
        how[key] = how[key] or _asked(question, usual, asking, kind)
    answers = scaffold.Answers(name, title, **how)
    home = (folder or _home(distribution)).resolve()
    make = scaffold.write_distribution if distribution else scaffold.write
    made = make(answers, home)
    if as_json:
        emit({"connector": name, "files": [str(path) for path in made]}, as_json=True)
        return
    for path in made:
        click.echo(path)
    click.echo(f"\nNext: {_next(name, home, made[0] if distribution else None)}")


def _asked(question: str, usual: str, asking: bool, kind: click.Choice[str] | None = None) -> str:
    return click.prompt(question, usual, type=kind, err=True) if asking else usual


def _home(distribution: bool) -> Path:
    """Where people would look for it: never in another checkout than the one they are in."""
    here = Path.cwd()
    if distribution:
        return here
    own = load_settings(join=False).connectors_path
    return Path(own) if own else scaffold.plugins_above(here) or here


def _next(name: str, home: Path, made: Path | None) -> str:
    check = f"hub connectors check {name}"
    if made is not None:
        return f"pip install -e {made.parent} && {check}"
    if home == scaffold.plugins_above(home):
        return check if home == ROOT / "plugins" else f"{home.parent}/.venv/bin/{check}"
    return f"HUB_CONNECTORS_PATH={home} {check}"
