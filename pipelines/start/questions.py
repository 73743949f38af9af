"""Asks what only a person can know: in a terminal, or with the most likely answer where that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from zoneinfo import available_timezones

from core.errors import UsageError, did_you_mean
from core.progress import current
from pipelines.parsing.zone_words import zone_named
from pipelines.sources.doubts import Answers, Doubt

Ask = Callable[[Doubt], str]
"""Puts a question and gives the words of the answer; an empty one means the likely answer."""


def likely(doubt: Doubt) -> str:
    """The most likely answer, said plainly."""
    current().note(f"{doubt.asks} Taken: {doubt.likely} ({doubt.because})")
    return doubt.likely


def refuse(doubt: Doubt) -> str:
    """Nobody is there to be asked.

    Raises:
        UsageError: always.
    """
    raise UsageError(
        doubt.asks,
        why=f"the file does not tell it; most likely it is {doubt.likely} ({doubt.because})",
        todo="answer in a terminal, or take the most likely answers with --yes",
    )


def answer(doubts: Sequence[Doubt], ask: Ask) -> Answers:
    """Every question with its answer; an answer that can't be meant is asked for again.

    Raises:
        UsageError: nobody is there to be asked.
    """
    answers = Answers()
    for doubt in doubts:
        given = _given(doubt, ask)
        while (wrong := _wrong(doubt, given)) is not None:
            current().note(wrong)
            given = _given(doubt, ask)
        answers = replace(answers, **{str(doubt.about): given})  # type: ignore[arg-type]  # checked against the choices
    return answers


def _given(doubt: Doubt, ask: Ask) -> str:
    """The words of the answer; a zone by its name, where words mean one."""
    words = ask(doubt).strip() or doubt.likely
    return (zone_named(words) if doubt.about == "timezone" else None) or words


def _wrong(doubt: Doubt, given: str) -> str | None:
    """Why an answer can't be meant."""
    if doubt.about == "timezone" and given not in available_timezones():
        return f"there is no time zone {given!r}; {did_you_mean(given, sorted(available_timezones()))}"
    if doubt.about == "base_currency" and not (len(given) == 3 and given.isalpha() and given.isupper()):
        return f"{given!r} is no ISO 4217 code: three capital letters, such as EUR"
    if doubt.choices and given not in doubt.choices:
        return f"{given!r} is none of {', '.join(doubt.choices)}"
    return None
