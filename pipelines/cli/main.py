"""The command line `regulars`: telemetry off, then one module per group of commands."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import traceback
import warnings

from core import idle_threads, telemetry
from core.errors import RegularsError

GROUPS = (
    "demo",
    "start",
    "simulate",
    "data",
    "quarantine",
    "identity",
    "quality",
    "lineage",
    "features",
    "train",
    "tune_worker",
    "predict",
    "rules",
    "churn_list",
    "audience",
    "order_plan",
    "markdown_plan",
    "product_selection",
    "segments",
    "release",
    "serve",
    "monitor",
    "alerts",
    "schedule",
    "health",
    "keys",
    "audit",
    "bench",
    "export",
)
"""The modules of `pipelines.cli` that register commands, in the order of `regulars --help`."""
HELP = """Customer machine learning for shops: who is about to leave, what each customer wants next, how much will sell.

Look at it with `regulars demo`; with your own orders: `regulars start orders.csv`. Step by step: `regulars init DIR
--from orders.csv`, edit DIR/mapping.yaml, then in DIR: `regulars ingest`, `regulars train churn`,
`regulars promote churn 1`, `regulars materialize`, `regulars serve`.

Exit codes: 0 done, 1 failed, 2 usage, 3 a gate refused."""


def build() -> object:
    """The Typer application with every command."""
    import typer

    app = typer.Typer(
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_prepare)
    for name in GROUPS:
        importlib.import_module(f"pipelines.cli.{name}").register(app)
    return app


def _prepare() -> None:
    """Before a command runs, but not before a help page: the logging library is slow to load."""
    from core import logs

    logs.configure()
    # What libraries deprecate among themselves is nothing a user of ours can act on. A filter would not do: Feast
    # sets filters of its own when it is imported.
    if not sys.warnoptions:
        warnings.showwarning = _unseen


def _unseen(*_warning: object, **_more: object) -> None:
    """Show nothing."""


def main() -> None:
    """Run `regulars`; what goes wrong is said in one line, never as a traceback."""
    telemetry.switch_off()
    idle_threads.let_sleep()
    # Processes started from here take our packages, not folders of the same name (`models`) where the person stands.
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        build()()  # type: ignore[operator]
    except RegularsError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    except OSError as error:
        print(
            f"error: {error.strerror or error}: {error.filename or 'a file'}; check it and its rights", file=sys.stderr
        )
        raise SystemExit(1) from None
    except Exception as error:
        print(f"error: {_unexpected(error)}", file=sys.stderr)
        raise SystemExit(1) from None


def _unexpected(error: Exception) -> str:
    """A defect of ours: one line for the person, the traceback in a file for who mends it."""
    with tempfile.NamedTemporaryFile("w", prefix="regulars-", suffix=".log", delete=False) as file:
        traceback.print_exception(error, file=file)
    reason = (str(error).strip().splitlines() or [""])[0]
    return f"unexpected {type(error).__name__}: {reason} (a defect of ours; details in {file.name})"


if __name__ == "__main__":
    main()
