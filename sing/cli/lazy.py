"""Click groups that import a command when it is used, and one-line errors with exit codes."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from sing import files
from sing.errors import SaidElsewhere, SingError, suggestion

EXIT_INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group whose commands are given as "module:attribute" and imported on demand.

    `summaries` are the one-line helps, so that listing the commands imports none of them.
    """

    def __init__(
        self, *args: Any, commands_at: Mapping[str, str], summaries: Mapping[str, str], **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        self._commands_at = commands_at
        self._summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of the commands, in the order of the workflow."""
        return list(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name, imported now; None when there is none."""
        if cmd_name not in self._commands_at:
            return None
        module, attribute = self._commands_at[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion when the name is unknown."""
        if args and not args[0].startswith("-") and args[0] not in self._commands_at:
            hint = suggestion(args[0], self._commands_at)
            raise click.UsageError(f"no command '{args[0]}'; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands with their summaries, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summaries[name]) for name in self._commands_at])


def run_command(command: click.Command, name: str) -> None:
    """Run a command line and exit: 0 fine, 1 a bug, 2 the user's error in one line, 3 a check."""
    _accept_any_text()
    try:
        command.main(prog_name=name, standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.ClickException as error:
        path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else name
        message = error.format_message().rstrip(".")
        _fail(f"{path}: {message}; see {path} --help", 2)
    except SaidElsewhere as error:
        sys.exit(error.exit_code)
    except SingError as error:
        _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output left (`sing info | head`): close quietly, as Unix tools do.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        mended = files.readable(error, Path(error.filename or "output"))
        if not isinstance(mended, SingError):
            raise
        _fail(str(mended), 2)


def _accept_any_text() -> None:
    """Print as ? what stdout's encoding lacks, such as ± in ASCII; stderr escapes it by itself."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _fail(message: str, exit_code: int) -> None:
    click.echo("error: " + " ".join(message.split()), err=True)
    sys.exit(exit_code)
