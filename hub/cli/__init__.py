"""The command `hub`. Each noun is a module of this package that exposes `command`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence

import click

from hub.cli.output import Exit, refuse
from hub.errors import HubError

COMMANDS: dict[str, str] = {
    "demo": "hub.cli.processes:demo",
    "up": "hub.cli.processes:up",
    "web": "hub.cli.processes:web",
    "worker": "hub.cli.processes:worker",
    "scheduler": "hub.cli.processes:scheduler",
    "migrate": "hub.cli.processes:migrate",
    "doctor": "hub.cli.doctor:command",
    "tenants": "hub.cli.tenants:command",
    "connectors": "hub.cli.connectors:command",
    "connections": "hub.cli.connections:command",
    "users": "hub.cli.users:command",
    "keys": "hub.cli.keys:command",
    "write-keys": "hub.cli.write_keys:command",
    "secrets": "hub.cli.secrets:command",
    "login-link": "hub.cli.login_link:command",
    "sync": "hub.cli.sync:command",
    "deliveries": "hub.cli.deliveries:command",
    "quarantine": "hub.cli.quarantine:command",
    "mappings": "hub.cli.mappings:command",
    "events": "hub.cli.events:command",
    "accounts": "hub.cli.accounts:command",
    "privacy": "hub.cli.privacy:command",
    "identity": "hub.cli.identity:command",
    "health": "hub.cli.health:command",
}
"""Name -> where it is; imported only when it is called for."""


class Commands(click.Group):
    """A group that imports a command when it is used, so that `hub` starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if importlib.util.find_spec(_module(name))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(_module(cmd_name))
        found: click.Command = getattr(module, COMMANDS[cmd_name].partition(":")[2])
        return found


def _module(name: str) -> str:
    return COMMANDS[name].partition(":")[0]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version="0.1.0", prog_name="hub")
def hub() -> None:
    """Customer hub: one explained profile for every customer."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. A refusal is one sentence on standard error and a telling exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = hub.main(args=given, prog_name="hub", standalone_mode=False)
        return int(result) if isinstance(result, int) else Exit.DONE
    except HubError as error:
        refuse(error, as_json="--json" in given)
    except click.Abort:
        return Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return Exit.WRONG_INPUT
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
