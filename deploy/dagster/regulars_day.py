"""The shop's day in Dagster: each step is a command of `regulars`, its result the JSON document that it prints.

`dagster dev -f deploy/dagster/regulars_day.py`, with REGULARS_WORKSPACE and, where they differ, SHOP_DAY_PROGRAM
(`regulars`), SHOP_DAY_TRAIN (models to train on Sundays, by commas) and SHOP_DAY_ZONE (`Europe/London`).
"""

import json
import os
import subprocess
from typing import Any

import dagster as dg

RETRIES = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL)
FAILED = 1
"""The exit code that a later try may mend; 2 (usage) and 3 (a gate refused) stay what they are."""


def command(context: dg.OpExecutionContext, *words: str) -> dict[str, Any]:
    """Run a step; its document becomes metadata of the run."""
    program = [os.environ.get("SHOP_DAY_PROGRAM", "regulars"), *words, "--json"]
    done = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=False, stdin=subprocess.DEVNULL)
    lines = done.stdout.strip().splitlines()
    document: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    if done.returncode:
        said = str(document.get("what") or f"exit code {done.returncode}")
        raise dg.Failure(said, metadata={"document": document}, allow_retries=done.returncode in (FAILED, -9, -15))
    context.add_output_metadata({"message": document["message"], "document": document})
    return document


@dg.op(retry_policy=RETRIES)
def ingest(context: dg.OpExecutionContext) -> dict[str, Any]:
    """Take in what is new."""
    return command(context, "ingest")


@dg.op(retry_policy=RETRIES)
def features(context: dg.OpExecutionContext, ingested: dict[str, Any]) -> dict[str, Any]:
    """Build the day's snapshots."""
    return command(context, "features", "build")


@dg.op(retry_policy=RETRIES)
def materialize(context: dg.OpExecutionContext, built: dict[str, Any]) -> dict[str, Any]:
    """Fill the online store."""
    return command(context, "materialize")


@dg.op(retry_policy=RETRIES)
def monitor(context: dg.OpExecutionContext, filled: dict[str, Any]) -> dict[str, Any]:
    """Look at drift, performance, fairness and rules."""
    return command(context, "monitor")


@dg.op(retry_policy=RETRIES, out=dg.DynamicOut(str))
def models_to_train() -> Any:
    """Each of SHOP_DAY_TRAIN."""
    for model in filter(None, os.environ.get("SHOP_DAY_TRAIN", "").split(",")):
        yield dg.DynamicOutput(model, mapping_key=model)


@dg.op(retry_policy=RETRIES)
def train(context: dg.OpExecutionContext, model: str) -> dict[str, Any]:
    """A challenger, unless an earlier try made it; a person promotes it."""
    return command(context, "train", model, "--unless-trained")


@dg.job
def nightly() -> None:
    """Ingest, features, online store, monitoring, one after the other."""
    monitor(materialize(features(ingest())))


@dg.job
def retrain() -> None:
    """A training of each model named."""
    models_to_train().map(train)


ZONE = os.environ.get("SHOP_DAY_ZONE", "UTC")
defs = dg.Definitions(
    jobs=[nightly, retrain],
    schedules=[
        dg.ScheduleDefinition(job=nightly, cron_schedule="30 4 * * *", execution_timezone=ZONE),
        dg.ScheduleDefinition(job=retrain, cron_schedule="30 6 * * 0", execution_timezone=ZONE),
    ],
)
