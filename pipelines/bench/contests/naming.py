"""What the options of a bench name: shops, dates and peers."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from core.errors import NotReady, UsageError, did_you_mean
from pipelines.bench.contests.bench_shop import BenchShop


def dates_named(texts: Sequence[str], option: str) -> list[date]:
    """The dates that an option names.

    Raises:
        UsageError: one is not a date.
    """
    try:
        return sorted({date.fromisoformat(text) for text in texts})
    except ValueError:
        named = ", ".join(map(repr, texts))
        raise UsageError(f"{option} {named} is not a date", todo="write it as YYYY-MM-DD") from None


def peers_named(names: Sequence[str], offered: Sequence[str]) -> tuple[str, ...]:
    """The candidates of these names beside the product; all where none is named.

    Raises:
        UsageError: there is no such peer.
    """
    _refuse_unknown(names, offered, "peer")
    return tuple(names) or tuple(offered)


def shops_named(names: Sequence[str], offered: Mapping[str, BenchShop], usual: Sequence[BenchShop]) -> list[BenchShop]:
    """The shops of these names; the usual ones where none is named.

    Raises:
        UsageError: there is no such shop.
    """
    _refuse_unknown(names, offered, "shop")
    return [offered[name] for name in names] or list(usual)


def require_libraries(libraries: Iterable[str]) -> None:
    """Refuse peers whose library is not installed, before hours are spent on the others.

    Raises:
        NotReady: naming the extra that brings it.
    """
    for library in libraries:
        if find_spec(library) is None:
            raise NotReady(
                f"{library} is not installed",
                why="it is a peer of the bench, which the product itself does not need",
                todo="install the extra: pip install 'regulars[bench]'; or name other peers with --peers",
            )


@contextmanager
def bench_folder(keep: Path | None, name: str) -> Iterator[Path]:
    """Where the workspace of a shop lies: a folder of `keep`, or one that goes at the end."""
    if keep is not None:
        yield keep / name
        return
    with tempfile.TemporaryDirectory(prefix="regulars-") as folder:
        yield Path(folder) / name


def _refuse_unknown(names: Iterable[str], offered: Collection[str], what: str) -> None:
    for name in names:
        if name not in offered:
            raise UsageError(f"the bench has no {what} {name!r}", todo=did_you_mean(name, offered))
