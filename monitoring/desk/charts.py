"""Small charts as inline SVG: no script, no library, colours from the page's stylesheet, a description for readers.

Every chart carries `<title>` and `<desc>`, and stands beside a table or a sentence with the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log

from markupsafe import Markup, escape

from models.fairness_result import GroupFigure
from monitoring.desk.languages import gettext
from monitoring.desk.wording import term

Number = float | None
Events = Sequence[tuple[int, str]]
WIDTH, ROW = 240, 30


@dataclass(frozen=True)
class Point:
    """One day of a trend, with the interval where there is one."""

    day: str
    value: Number
    low: Number = None
    high: Number = None


@dataclass(frozen=True)
class RatioPoint:
    """A ratio on one day within its interval, and that within the one of a year; `state` is how it is drawn."""

    day: str
    ratio: float
    within: tuple[float, float]
    of_a_year: tuple[float, float]
    state: str


@dataclass(frozen=True)
class Scale:
    """Maps values to pixels: linear, from `[first, last]` to `[start, stop]`."""

    first: float
    last: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """The pixel of a value; values outside the range stop at its ends."""
        span = (self.last - self.first) or 1.0
        share = min(1.0, max(0.0, (value - self.first) / span))
        return round(self.start + share * (self.stop - self.start), 1)


@dataclass(frozen=True)
class Forest:
    """Plots of ratios, one per row of a table, on one log scale: a band for what is fair, a line for equality."""

    rows: tuple[Markup, ...]
    axis: Markup


def forest(figures: Sequence[GroupFigure], low: float, high: float) -> Forest:
    """Groups beside the rest: a dot for each ratio, a line for its interval; a square where it is flagged."""
    shown = [figure for figure in figures if figure.ratio]
    far = (max(value, 1 / value) for f in shown for value in (f.low, f.high) if value)
    reach = min(max(1.7, *far) if shown else 1.7, 8.0)
    across = Scale(-log(reach), log(reach), 8, WIDTH - 8)
    band = _tag("rect", x=across(log(low)), y=0, width=across(log(high)) - across(log(low)), height=ROW, class_="band")
    back = band + _rule(across(0))
    rows = tuple(_svg((WIDTH, ROW), "forest", _spoken(f), "", [back, _ratio(f, across)]) for f in figures)
    ticks = [each for each in (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0) if 1 / reach <= each <= reach]
    marks = [_text(across(log(each)), 12, f"{each:g}x", "tick") for each in ticks]
    return Forest(rows, _svg((WIDTH, 16), "forest", gettext("scale of the ratios"), "", marks))


def difference(value: float, low: float, high: float, state: str) -> Markup:
    """A difference around zero, on a scale of its own, as the units of metrics differ."""
    reach = max(abs(low), abs(high), abs(value), 1e-12)
    across = Scale(-reach, reach, 8, WIDTH - 8)
    spoken = f"{value:+.4f} [{low:+.4f}, {high:+.4f}]"
    mark = _interval(across(low), across(high), across(value), state)
    return _svg((WIDTH, ROW), "forest", spoken, "", [_rule(across(0)), mark])


def trend(
    points: Sequence[Point], title: str, limit: Number = None, limit_name: str = "", events: Events = ()
) -> Markup:
    """A line over the days with its interval as a band, and a limit as a dashed line.

    `events` are what happened between a point and the one before it: the place of the point, and what it was.
    """
    known = [point for point in points if point.value is not None]
    if not known:
        return Markup("")
    heights = [v for p in known for v in (p.value, p.low, p.high, limit) if v is not None and isfinite(v)]
    low, high = min(heights), max(heights)
    pad = (high - low) * 0.15 or abs(high) * 0.1 or 0.1
    up = Scale(low - pad, high + pad, 128, 10)
    along = Scale(0, max(len(known) - 1, 1), 52, 470)
    places = [(along(i) if len(known) > 1 else 261.0, point) for i, point in enumerate(known)]
    marks = [_event(along(place - 0.5), says) for place, says in events]
    parts = [_area(places, up), *marks, *_limit(limit, limit_name, up), _line(places, up)]
    parts += [_dot(x, up(point.value or 0.0), f"{point.day}: {point.value:.4g}") for x, point in places]
    parts += [_text(46, up(value) + 4, f"{value:.3g}", "tick end") for value in (low, high) if low != high]
    ends = [places[0]] if len(places) == 1 else [places[0], places[-1]]
    parts += [_text(x, 150, point.day, "tick") for x, point in ends]
    said = "; ".join(f"{point.day}: {point.value:.4g}" for _, point in places)
    return _svg((520, 156), "trend", title, said, parts)


def ratios(points: Sequence[RatioPoint], band: tuple[float, float], reach: float, title: str) -> Markup:
    """Ratios over the days on a log scale from 1/reach to reach, 1 in the middle, with the band of what is fair.

    Thick is the interval of a look, thin the one that holds with all others of a year; a square is flagged, a hollow
    dot not judged.
    """
    up = Scale(-log(reach), log(reach), 122, 8)
    along = Scale(0, max(len(points) - 1, 1), 52, 470)
    places = [along(i) if len(points) > 1 else 261.0 for i in range(len(points))]
    top, bottom = up(log(band[1])), up(log(band[0]))
    parts = [_tag("rect", x=46, y=top, width=430, height=round(bottom - top, 1), class_="band")]
    parts.append(_tag("line", x1=46, x2=476, y1=up(0), y2=up(0), class_="rule"))
    for state in dict.fromkeys(point.state for point in points):  # one path each: a year of looks has many lines
        own = [(x, point) for x, point in zip(places, points, strict=True) if point.state == state]
        wide, within = ([(x, getattr(point, name)) for x, point in own] for name in ("of_a_year", "within"))
        parts += [_spans(wide, up, f"year {state}"), _spans(within, up, f"interval {state}")]
    parts += [_ratio_mark(x, up(log(point.ratio)), point) for x, point in zip(places, points, strict=True)]
    ticks = [each for each in (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0) if 1 / reach <= each <= reach]
    parts += [_text(40, up(log(each)) + 4, f"{each:g}x", "tick end") for each in ticks]
    shown = sorted({0, len(points) - 1})
    parts += [_text(places[i], 144, points[i].day, "tick") for i in shown]
    return _svg((520, 150), "trend", title, "; ".join(map(_spoken_ratio, points)), parts)


def spark(values: Sequence[Number], title: str) -> Markup:
    """A line without axes, for a tile."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    up = Scale(min(known), max(known), 26, 4)
    along = Scale(0, len(known) - 1, 3, 117)
    path = " ".join(f"{along(i)},{up(value)}" for i, value in enumerate(known))
    parts = [
        _tag("polyline", points=path, class_="line"),
        _tag("circle", cx=117, cy=up(known[-1]), r=2.5, class_="dot"),
    ]
    return _svg(
        (120, 30),
        "spark",
        title,
        gettext("from %(first).4g to %(last).4g") % {"first": known[0], "last": known[-1]},
        parts,
    )


def meter(score: float, threshold: float, title: str) -> Markup:
    """A score as a bar whose mark is the threshold."""
    across = Scale(0, max(2 * threshold, score, 1e-9), 0, 120)
    state = "flagged" if score >= threshold else "ok"
    parts = [
        _tag("rect", x=0, y=4, width=120, height=6, rx=3, class_="track"),
        _tag("rect", x=0, y=4, width=max(across(score), 1), height=6, rx=3, class_=f"bar {state}"),
        _tag("line", x1=across(threshold), x2=across(threshold), y1=0, y2=14, class_="mark"),
    ]
    return _svg(
        (120, 14),
        "meter",
        title,
        gettext("%(score).2f, threshold %(mark).2f") % {"score": score, "mark": threshold},
        parts,
    )


def twin(before: float, now: Number, most: float, title: str) -> Markup:
    """Two shares, one above the other: what was is hollow, what is is filled."""
    across = Scale(0, most or 1.0, 1, 238)
    parts = [_tag("rect", x=1, y=2, width=max(across(before), 1), height=8, class_="bar before")]
    if now is not None:
        parts.append(_tag("rect", x=1, y=12, width=max(across(now), 1), height=8, class_="bar ok"))
    return _svg((WIDTH, 22), "meter", title, "", parts)


def filled(share: float, state: str, title: str) -> Markup:
    """A share of a whole as a bar."""
    across = Scale(0, 1, 0, 96)
    parts = [
        _tag("rect", x=0, y=1, width=96, height=5, rx=2.5, class_="track"),
        _tag("rect", x=0, y=1, width=max(across(share), 1), height=5, rx=2.5, class_=f"bar {state}"),
    ]
    return _svg((96, 7), "meter", title, "", parts)


def _spoken(figure: GroupFigure) -> str:
    if not (figure.ratio and figure.low is not None and figure.high is not None):
        return f"{term(figure.group)}: {term(figure.verdict)}"
    return f"{term(figure.group)}: {figure.ratio:.2f} [{figure.low:.2f}, {figure.high:.2f}], {term(figure.verdict)}"


def _spans(spans: Sequence[tuple[float, tuple[float, float]]], up: Scale, kind: str) -> Markup:
    """Upright lines, on a log scale, as one path."""
    path = "".join(f"M{x} {up(log(max(low, 1e-9)))}V{up(log(high))}" for x, (low, high) in spans)
    return _tag("path", d=path, class_=kind)


def _spoken_ratio(point: RatioPoint) -> str:
    return f"{point.day}: {point.ratio:.2f} [{point.within[0]:.2f}, {point.within[1]:.2f}]"


def _ratio_mark(x: float, y: float, point: RatioPoint) -> Markup:
    title = Markup("<title>{}</title>").format(_spoken_ratio(point))
    if point.state == "flagged":
        return Markup('<rect x="{}" y="{}" width="8" height="8" class="dot flagged">{}</rect>').format(
            x - 4, y - 4, title
        )
    return Markup('<circle cx="{}" cy="{}" r="3.5" class="dot {}">{}</circle>').format(x, y, point.state, title)


def _ratio(figure: GroupFigure, across: Scale) -> Markup:
    if not (figure.ratio and figure.low is not None and figure.high is not None):
        return Markup("")
    state = {"ok": "ok", "flagged": "flagged"}.get(figure.verdict, "unjudged")
    low, high, ratio = (across(log(max(value, 1e-9))) for value in (figure.low, figure.high, figure.ratio))
    return _interval(low, high, ratio, state)


def _interval(low: float, high: float, centre: float, state: str) -> Markup:
    y = ROW // 2
    line = _tag("line", x1=low, x2=high, y1=y, y2=y, class_=f"interval {state}")
    if state == "flagged":
        return line + _tag("rect", x=centre - 4, y=y - 4, width=8, height=8, class_="dot flagged")
    return line + _tag("circle", cx=centre, cy=y, r=4, class_=f"dot {state}")


def _rule(x: float) -> Markup:
    return _tag("line", x1=x, x2=x, y1=0, y2=ROW, class_="rule")


def _limit(limit: Number, name: str, up: Scale) -> list[Markup]:
    if limit is None:
        return []
    line = _tag("line", x1=52, x2=470, y1=up(limit), y2=up(limit), class_="limit")
    return [line, _text(474, up(limit) + 4, name, "tick start")]


def _area(places: Sequence[tuple[float, Point]], up: Scale) -> Markup:
    known = [(x, p.low, p.high) for x, p in places if p.low is not None and p.high is not None]
    if len(known) == 1:
        x, low, high = known[0]
        return _tag("line", x1=x, x2=x, y1=up(low), y2=up(high), class_="interval")
    path = [f"{x},{up(high)}" for x, _, high in known] + [f"{x},{up(low)}" for x, low, _ in reversed(known)]
    return _tag("polygon", points=" ".join(path), class_="area") if known else Markup("")


def _line(places: Sequence[tuple[float, Point]], up: Scale) -> Markup:
    return _tag("polyline", points=" ".join(f"{x},{up(p.value or 0.0)}" for x, p in places), class_="line")


def _event(x: float, says: str) -> Markup:
    mark = '<g class="event"><title>{}</title><line x1="{}" x2="{}" y1="8" y2="132"/><path d="M{} 8l-4-7h8z"/></g>'
    return Markup(mark).format(says, x, x, x)


def _dot(x: float, y: float, title: str) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="3" class="dot"><title>{}</title></circle>').format(x, y, title)


def _text(x: float, y: float, text: str, kind: str) -> Markup:
    return Markup('<text x="{}" y="{}" class="{}">{}</text>').format(x, y, kind, text)


def _tag(name: str, **attributes: object) -> Markup:
    given = " ".join(f'{key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name} {given}/>")  # each value is escaped; `format` would be slow for thousands on a page


def _svg(size: tuple[int, float], kind: str, title: str, said: str, parts: Sequence[Markup]) -> Markup:
    width, height = size
    head = Markup('<svg class="chart {}" viewBox="0 0 {} {}" width="{}" height="{}" role="img">').format(
        kind, width, height, width, height
    )
    described = Markup("<title>{}</title>").format(title) + (Markup("<desc>{}</desc>").format(said) if said else "")
    return head + described + Markup("").join(parts) + Markup("</svg>")
