"""`regulars bench ...`: how right Regulars is on data whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from pipelines.bench.churn.churn_standings import ShopStandings
    from pipelines.bench.demand.series_standings import SeriesStandings
    from pipelines.bench.identity_bench import Way
    from pipelines.bench.ingest_bench import IngestBench
    from pipelines.bench.recommendation.list_standings import ListStandings
    from pipelines.bench.service_speed.serving_bench import ServingBench
    from pipelines.cli.console import Console

PeersOption = Annotated[str, typer.Option(metavar="A,B", help="Only these beside the product.")]
KeepOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Keep the shops' workspaces here, and use those that are.")
]
OwnShopOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", metavar="DIR", help="A shop of your own instead.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="How right Regulars is, on data whose truth is known.", no_args_is_help=True)
    group.callback()(_group)
    group.command("ingest")(ingest)
    group.command("identity")(identity)
    group.command("churn")(churn)
    group.command("demand")(demand)
    group.command("recommendation")(recommendation)
    group.command("uplift")(uplift)
    group.command("serving")(serving)
    group.command("monitoring")(monitoring)
    group.command("scale")(scale)
    group.command("truth")(truth)
    app.add_typer(group, name="bench")


def _group() -> None:
    """How right Regulars is, on data whose truth is known."""


def ingest(
    *,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only the exports of this preset.", show_default=False)
    ] = None,
    variants: Annotated[int, typer.Option(min=1, metavar="N", help="Variants of each export.")] = 40,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the dirt.")] = 8,
    write: Annotated[
        str | None,
        typer.Option(metavar="VARIANT", help="Write the files of one variant instead.", show_default=False),
    ] = None,
    into: Annotated[Path, typer.Option(metavar="DIR", help="Where --write puts them.")] = Path("variant"),
    json: JsonOption = False,
) -> None:
    """Take exports of every platform in, each in many dirtied variants, and compare with what is in them.

    Exit code 1 where figures are wrong and nothing was said.
    """
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.bench import ingest_bench
        from pipelines.bench.taking_in import BenchFate

        if write is not None:
            _write(console, write, into)
            return
        found = ingest_bench.run(preset, range(variants), seed)
        _show(console, found)
    if found.of(BenchFate.WRONG):
        raise typer.Exit(1)


def _write(console: Console, name: str, into: Path) -> None:
    from core.errors import UsageError
    from pipelines.bench import variants

    try:
        found = variants.named(name)
    except (KeyError, ValueError):
        raise UsageError(
            f"there is no variant {name!r}", todo="name one as the table does: preset/shop/seed/n"
        ) from None
    files = [str(file) for file in found.export.write(into)]
    dirt = ", ".join(found.dirt) or "nothing"
    console.finish(f"{name} ({dirt})", f"regulars start {' '.join(files)}", {"files": files, "dirt": found.dirt})


def _show(console: Console, found: IngestBench) -> None:
    from pipelines.bench.ingest_bench import HEADER
    from pipelines.bench.taking_in import BenchFate

    console.table(HEADER, found.rows())
    shown = found.of(BenchFate.WRONG, BenchFate.NEEDLESS)
    for each in shown:
        console.print(f"{each.name}: {each.fate.value} ({', '.join(each.dirt) or 'as it is'})\n  {each.text}")
    wrong = len(found.of(BenchFate.WRONG))
    step = f"regulars bench ingest --write {shown[0].name}" if shown else ""
    console.finish(f"{wrong} of {len(found.taken):,} variants came in wrong without a word", step, found.as_dict())


def identity(
    people: Annotated[int, typer.Option(min=100, metavar="N", help="How many people an invented shop has.")] = 4000,
    shops: Annotated[int, typer.Option(min=1, metavar="N", help="How many shops.")] = 3,
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="Of the first; the others follow.")] = 1,
    json: JsonOption = False,
) -> None:
    """Find who is one person in invented shops with typing errors: precision and recall of pairs of ids.

    By equal keys alone, and with the model. Its weights and thresholds were chosen on shops of other seeds (11 to 16).
    """
    from dataclasses import asdict

    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.bench import identity_bench

        found = identity_bench.compare_ways(people, range(seed, seed + shops))
        header = ("by", "pairs found", "right", "precision", "95%", "pairs there are", "recall", "95%")
        console.table(header, [_way(one) for one in found])
        precision, recall = identity_bench.PRECISION, identity_bench.RECALL
        reached = found[-1].precision.value >= precision and found[-1].recall.value >= recall
        text = f"precision {precision:.1%} and recall {recall:.0%} are {'' if reached else 'not '}reached"
        console.finish(
            text, "", {"people": people, "shops": shops, "seed": seed, "ways": [asdict(one) for one in found]}
        )


def uplift(
    trials: Annotated[int, typer.Option(min=1, metavar="N", help="Invented trials of each shape.")] = 5,
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="Of the first; the others follow.")] = 100,
    threads: Annotated[int, typer.Option(min=1, metavar="N", help="Threads of our boosters.")] = 2,
    json: JsonOption = False,
) -> None:
    """Choose offers on invented trials whose truth is known, beside two models of scikit-learn and one offer for all.

    Shares of the blend were chosen on trials of other seeds (0 to 4); docs/winning-back.md says what was looked at.
    """
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.bench import uplift_bench

        found = uplift_bench.compare(trials, seed, threads)
        rows = [(r.shape, r.policy, r.earned, str(r.ahead), round(r.seconds, 2)) for r in found]
        console.table(("trials", "policy", "earned per customer", "ours less it (95%)", "seconds"), rows)
        console.finish(
            uplift_bench.standing(found, trials),
            "",
            {"trials": trials, "seed": seed, "policies": [r.as_dict() for r in found]},
        )


def _way(one: Way) -> tuple[object, ...]:
    found, there = one.precision, one.recall
    precision = (found.all, found.right, f"{found.value:.4f}", found.interval)
    return (one.name, *precision, there.all, f"{there.value:.4f}", there.interval)


def churn(
    *,
    shop: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this shop (again for more) [default: the public ones]."),
    ] = None,
    as_of: Annotated[
        list[str] | None, typer.Option("--as-of", metavar="DATE", help="Only this date (again for more).")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of the product's tuning [default: churn.trials].")
    ] = None,
    peers: PeersOption = "",
    keep: KeepOption = None,
    workspace: OwnShopOption = None,
    json: JsonOption = False,
) -> None:
    """Train churn as of past dates of shops, beside what a data scientist would pick instead, and see what came.

    Shops: complete-journey, ta-feng, lifetimes (public); gifts, decline, alike, tiny (invented).
    Peers: recency, rfm_logistic, bgnbd, base_rate, pareto_nbd, logistic, xgboost, lightgbm, catboost, mean.
    """
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.bench.churn import churn_bench, shops
        from pipelines.bench.churn.churn_standings import yardstick
        from pipelines.bench.contests.naming import dates_named

        named = churn_bench.peers_named(_listed(peers))
        dates = dates_named(as_of or (), "--as-of")
        found = []
        for each in shops.chosen(shop or ()) if workspace is None else (workspace,):
            if isinstance(each, Path):
                found.append(churn_bench.run_own(each, dates, named, trials))
            else:
                found.append(churn_bench.run_shop(each, dates, named, trials, keep))
            _show_shop(console, found[-1])
        if len(found) > 1:
            means = yardstick().means([each.standings for each in found])
            console.table(churn_bench.HEADER, [each.row() for each in means], f"mean of {len(found)} shops")
            console.print()
        console.finish(churn_bench.verdict(found), "", {"shops": [each.as_dict() for each in found]})


def _show_shop(console: Console, found: ShopStandings) -> None:
    from pipelines.bench.churn import churn_bench
    from pipelines.bench.churn.churn_standings import yardstick

    dates = ", ".join(found.dates)
    title = f"{found.shop} as of {dates}: {found.customers:,} customers a date, {found.rate:.1%} left"
    console.table(churn_bench.HEADER, [each.row() for each in found.standings], title)
    console.print()
    console.table(churn_bench.AHEAD_HEADER, yardstick().ahead_rows(found.standings), "paired by customer")
    console.print()
    console.table(churn_bench.PROMISE_HEADER, churn_bench.promise_rows(found), "what the training promised")
    console.print()


def demand(
    *,
    shop: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this shop (again for more) [default: all]."),
    ] = None,
    origins: Annotated[
        str, typer.Option(metavar="DATE,DATE", help="First days of the windows [default: those of the shop].")
    ] = "",
    trials: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of the product's tuning [default: demand.trials].")
    ] = None,
    peers: PeersOption = "",
    keep: KeepOption = None,
    workspace: OwnShopOption = None,
    json: JsonOption = False,
) -> None:
    """Train demand as of past dates of shops, beside forecasting libraries and simple ways, and see what sold.

    Shops: complete-journey (categories by day, 28 days ahead), ta-feng-products (products by day, 14 ahead).
    Peers: naive, seasonal_naive, mean_28d, auto_ets, auto_theta, mlforecast, xgboost.
    """
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.bench.contests.naming import dates_named
        from pipelines.bench.demand import demand_bench, series_shops
        from pipelines.bench.demand.series_standings import yardstick

        named = demand_bench.peers_named(_listed(peers))
        days = dates_named(_listed(origins), "--origins")
        found = []
        for each in series_shops.chosen(shop or ()) if workspace is None else (workspace,):
            if isinstance(each, Path):
                found.append(demand_bench.run_own(each, days, named, trials))
            else:
                found.append(demand_bench.run_shop(each, days, named, trials, keep))
            _show_series(console, found[-1])
        if len(found) > 1:
            means = yardstick().means([each.standings for each in found])
            console.table(demand_bench.HEADER, [each.row() for each in means], f"mean of {len(found)} shops")
            console.print()
        console.finish(demand_bench.verdict(found), "", {"shops": [each.as_dict() for each in found]})


def _show_series(console: Console, found: SeriesStandings) -> None:
    from pipelines.bench.demand import demand_bench
    from pipelines.bench.demand.series_standings import yardstick

    title = f"{found.shop} from {', '.join(found.origins)}: {found.series:,} series an origin"
    console.table(demand_bench.HEADER, [each.row() for each in found.standings], title)
    console.print()
    console.table(demand_bench.AHEAD_HEADER, yardstick().ahead_rows(found.standings), "paired by series")
    console.print()
    console.table(demand_bench.ORIGIN_HEADER, [each.row() for each in found.shown()], "by origin")
    console.print()


def recommendation(
    *,
    shop: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this shop (again for more) [default: all]."),
    ] = None,
    as_of: Annotated[
        list[str] | None, typer.Option("--as-of", metavar="DATE", help="Only this date (again for more).")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of the product's tuning [default: recommendation.trials].")
    ] = None,
    peers: PeersOption = "",
    beside: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Another release's prediction files, DATE-all.parquet and DATE-new.parquet."),
    ] = None,
    keep: KeepOption = None,
    workspace: OwnShopOption = None,
    json: JsonOption = False,
) -> None:
    """Train recommendation as of past dates of shops, beside what others would pick instead, and see what was bought.

    Shops: complete-journey, ta-feng.
    Peers: popularity, personal_frequency, item_item, tifu_knn, ease, als, als_first_buyers, bm25, two_stage_plain.
    """
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.bench.contests.naming import dates_named
        from pipelines.bench.recommendation import list_shops, recommendation_bench
        from pipelines.bench.recommendation.list_standings import yardstick

        named = recommendation_bench.peers_named(_listed(peers))
        days = dates_named(as_of or (), "--as-of")
        found = []
        for each in list_shops.chosen(shop or ()) if workspace is None else (workspace,):
            if isinstance(each, Path):
                found.append(recommendation_bench.run_own(each, days, named, trials, beside=beside))
            else:
                found.append(recommendation_bench.run_shop(each, days, named, trials, keep, beside=beside))
            _show_lists(console, found[-1])
        if len(found) > 1:
            means = yardstick().means([each.standings for each in found])
            console.table(recommendation_bench.HEADER, [each.row() for each in means], f"mean of {len(found)} shops")
            console.print()
        console.finish(recommendation_bench.verdict(found), "", {"shops": [each.as_dict() for each in found]})


def _show_lists(console: Console, found: ListStandings) -> None:
    from pipelines.bench.recommendation import recommendation_bench
    from pipelines.bench.recommendation.list_standings import yardstick

    title = f"{found.shop} as of {', '.join(found.dates)}: {found.customers:,} customers a date"
    console.table(recommendation_bench.HEADER, [each.row() for each in found.standings], title)
    console.print()
    console.table(recommendation_bench.AHEAD_HEADER, yardstick().ahead_rows(found.standings), "paired by customer")
    console.print()
    console.table(recommendation_bench.DATE_HEADER, [each.row() for each in found.shown()], "by date")
    console.print()


def serving(
    *,
    scenario: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only what begins like this: churn, demand, ... (again for more)."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.2, metavar="S", help="Of each run.")] = 1.5,
    long: Annotated[
        bool, typer.Option("--long", help="Longer runs, five minutes of each disturbance, two million requests.")
    ] = False,
    peers_env: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Environments with mlflow and mlserver: DIR/bin, or DIR/mlflow/bin and DIR/mlserver/bin.",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Drive the service beside the least that any service would have to do (the floor), in turns on this machine.

    On a copy of a workspace whose models serve (regulars demo --no-serve makes one). Only ratios and CPU count on a
    machine that does other work, too; times are milliseconds.
    """
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from dataclasses import replace

        from pipelines.bench.service_speed import serving_bench

        effort = serving_bench.LONG if long else replace(serving_bench.Effort(), seconds=seconds)
        found = serving_bench.run(workspace, effort, scenario or (), peers_env)
        _show_serving(console, found)
        console.finish(found.verdict(), "", found.as_dict())


def _show_serving(console: Console, found: ServingBench) -> None:
    from pipelines.bench.service_speed import serving_bench

    console.table(serving_bench.HEADER, [each.row() for each in found.measured], "alone, then at half of saturation")
    console.print()
    console.table(serving_bench.RATIO_HEADER, found.ratios(), "the service as a multiple of another")
    console.print()
    console.table(serving_bench.STEADY_HEADER, [each.row() for each in found.steady], "churn at half of saturation")
    console.print()


def monitoring(
    *,
    years: Annotated[int, typer.Option(min=1, metavar="N", help="Years without a change.")] = 20,
    trials: Annotated[int, typer.Option(min=1, metavar="N", help="Shops in which each change is planted.")] = 10,
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="Of the first; the others follow.")] = 5000,
    resampled: Annotated[
        bool, typer.Option("--resampled", help="Draw the years from the weeks of the workspace's own shop.")
    ] = False,
    weekly: Annotated[
        bool, typer.Option("--weekly", help="Instead, look at the workspace's own shop with the monitor itself.")
    ] = False,
    leaving: Annotated[
        bool, typer.Option("--leaving", help="Instead, ask each week whether more customers leave; then plant that.")
    ] = False,
    looks: Annotated[
        int, typer.Option(min=1, metavar="N", help="With --weekly, --leaving: looks up to the shop's present.")
    ] = 18,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Watch invented years without a change, then changes planted one at a time, beside Evidently and a min/max rule.

    A year is 52 weekly looks at three models of 60 columns. Thresholds were chosen on shops of other seeds
    (1000 to 1011) and on the Complete Journey.

    With --weekly, models are trained in a copy of the workspace a week before the first of the looks, and nothing is
    planted: what moves is the shop's own season. With --leaving, churn alone is trained so, and the two rules of
    customers who leave are asked; then a tenth of the customers stop, --trials times from every look on.
    """
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        if weekly:
            _weekly(console, workspace, looks)
            return
        if leaving:
            _leaving(console, workspace, looks, trials, seed)
            return
        from pipelines.bench.quiet_years import monitoring_bench as bench

        shop = None
        if resampled:
            from core.workspace import Workspace
            from pipelines.bench.quiet_years.resampled_year import WeeksToDraw

            shop = WeeksToDraw.of(Workspace.open(workspace), seed)
        quiet = bench.quiet(years, seed, shop)
        found = [*bench.planted(trials, seed, shop), *bench.unfair(trials, seed)]
        console.table(bench.YEARS_HEADER, [each.row() for each in quiet], "years without a change")
        console.print()
        console.table(bench.CHANGES_HEADER, [each.row() for each in found], "planted changes")
        console.print()
        console.finish(bench.verdict(quiet, found), "", bench.document(quiet, found))


def _weekly(console: Console, workspace: Path | None, many: int) -> None:
    from core.workspace import Workspace
    from pipelines.bench.quiet_years import weekly_looks

    found = list(weekly_looks.run(Workspace.open(workspace), many))
    console.table(weekly_looks.HEADER, [each.row() for each in found], "weekly looks")
    console.print()
    console.finish(weekly_looks.verdict(found), "", weekly_looks.document(found))


def _leaving(console: Console, workspace: Path | None, many: int, trials: int, seed: int) -> None:
    from core.workspace import Workspace
    from pipelines.bench.quiet_years import leaving_looks

    found = leaving_looks.run(Workspace.open(workspace), many, trials, seed)
    console.table(leaving_looks.HEADER, [each.row() for each in found.looks], "as the shop went")
    console.print()
    console.table(leaving_looks.PLANTED_HEADER, found.planted_rows(), "churn doubled, as weeks go by")
    console.print()
    console.finish(found.verdict(), "", found.document())


def scale(
    *,
    lines: Annotated[
        list[int] | None,
        typer.Option(metavar="L", help="Order lines of a shop (again for more).", show_default="1000000 and 5000000"),
    ] = None,
    train: Annotated[str, typer.Option(metavar="MODELS", help="Train these too: churn,recommendation,demand.")] = "",
    memory_mb: Annotated[int, typer.Option(min=500, metavar="MB", help="What each step may take.")] = 8_000,
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="Of the shops.")] = 7,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the shops here, each in a folder of its lines.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Simulate shops of several sizes and take each through a day, beside what people write by hand.

    Prints seconds, CPU, peak memory and disk of each step, and the exponent by which its CPU grows with the lines.
    Shops have a customer for each 50 lines, a product for each 500, and two years. Fifty million lines need some 20 GB
    of disk, and half an hour or more; only ratios and CPU count on a machine that does other work, too.
    """
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.bench.scale import scale_bench as bench

        sizes = lines or [1_000_000, 5_000_000]
        found = bench.run(sizes, train=_listed(train), memory_mb=memory_mb, seed=seed, keep=keep)
        console.table(bench.HEADER, [each.row() for each in found.measured], "each step, a process of its own")
        console.print()
        console.table(bench.GROWTH_HEADER, found.growth_rows(), "growth")
        console.print()
        console.table(bench.BESIDE_HEADER, found.beside_rows(), "as a multiple of what people do in its place")
        console.print()
        console.finish(found.verdict(), "", found.as_dict())


def truth(
    predictions: Annotated[Path, typer.Argument(metavar="FILE", help="What `regulars predict churn` wrote.")],
    *,
    shop: Annotated[Path, typer.Option(metavar="DIR", help="What `regulars simulate` made.")],
    json: JsonOption = False,
) -> None:
    """Judge predictions of churn by what happened in a simulated shop, beside the most that could be known.

    The horizon is that of the shop's settings; its days have to lie within the shop's: predict with an --as-of that is
    at least a horizon before the last day.
    """
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from core.workspace import Workspace
        from pipelines.simulated_shop import churn_judged

        horizon = Workspace.open(shop).settings.churn.horizon_days
        judged = churn_judged.judge_churn(shop, churn_judged.predictions_in(predictions), horizon)
        console.table(churn_judged.HEADER, judged.rows())
        console.finish(judged.text(), "", judged.as_dict())


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
