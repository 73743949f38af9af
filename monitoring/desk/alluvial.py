"""How customers moved, as a picture: bars of where they were and where they are, and a ribbon for each move.

Inline SVG like all charts of the desk; the table beside it has the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, BAR = 190, 560, 10
GAP, LEAST = 6, 14


@dataclass(frozen=True)
class Flow:
    """So many moved from one name to another; `state`: better, same or worse."""

    origin: str
    target: str
    count: int
    state: str


@dataclass
class Block:
    """A bar: where it begins, how high it is, how much of it is taken by ribbons, and where its label stands."""

    start: float
    height: float
    label: float
    taken: float = 0.0

    def take(self, height: float) -> float:
        """The next free stretch of the bar."""
        place = self.start + self.taken
        self.taken += height
        return place


def alluvial(flows: Sequence[Flow], names: Sequence[str], title: str, said: str) -> Markup:
    """Bars in the order of the names, those on the left where the flows begin; nothing where nobody moved."""
    whole = sum(flow.count for flow in flows)
    if not whole:
        return Markup("")
    begun, ended = _sums(flows, names, lambda flow: flow.origin), _sums(flows, names, lambda flow: flow.target)
    room = HEIGHT - max(_extra(begun), _extra(ended))
    unit = max(room, HEIGHT / 3) / whole
    left, right = _blocks(begun, unit), _blocks(ended, unit)
    places = {name: place for place, name in enumerate(names)}
    ordered = sorted(flows, key=lambda flow: (places[flow.origin], places[flow.target]))
    parts = [_ribbon(flow, left, right, unit) for flow in ordered]
    parts += [_bar(f"{name} {begun[name]:,}", block, LEFT - BAR, "end") for name, block in left.items()]
    parts += [_bar(f"{name} {ended[name]:,}", block, RIGHT, "start") for name, block in right.items()]
    bottom = max(max(each.start + each.height, each.label + 6) for each in (*left.values(), *right.values()))
    head = Markup('<svg class="chart alluvial" viewBox="0 0 {} {:.0f}" width="{}" height="{:.0f}" role="img">')
    described = Markup("<title>{}</title><desc>{}</desc>").format(title, said)
    return head.format(WIDTH, bottom + 6, WIDTH, bottom + 6) + described + Markup("").join(parts) + Markup("</svg>")


def _sums(flows: Sequence[Flow], names: Sequence[str], side: Callable[[Flow], str]) -> dict[str, int]:
    counts = {name: sum(flow.count for flow in flows if side(flow) == name) for name in names}
    return {name: count for name, count in counts.items() if count}


def _extra(counts: dict[str, int]) -> float:
    return (GAP + 2) * len(counts)


def _blocks(counts: dict[str, int], unit: float) -> dict[str, Block]:
    """Bars from top to bottom, each with room for its label however few it holds."""
    blocks, y = {}, 4.0
    for name, count in counts.items():
        height = count * unit
        blocks[name] = Block(y, height, y + max(height, LEAST) / 2 + 4)
        y += max(height, LEAST) + GAP
    return blocks


def _ribbon(flow: Flow, left: dict[str, Block], right: dict[str, Block], unit: float) -> Markup:
    height, middle = flow.count * unit, (LEFT + RIGHT) / 2
    y, z = left[flow.origin].take(height), right[flow.target].take(height)
    path = (
        f"M{LEFT} {y:.1f}C{middle} {y:.1f} {middle} {z:.1f} {RIGHT} {z:.1f}"
        f"V{z + height:.1f}C{middle} {z + height:.1f} {middle} {y + height:.1f} {LEFT} {y + height:.1f}Z"
    )
    text = f"{flow.origin} to {flow.target}: {flow.count:,}"
    return Markup('<path d="{}" class="flow {}"><title>{}</title></path>').format(path, flow.state, text)


def _bar(label: str, block: Block, x: float, anchor: str) -> Markup:
    """The bar, and its label on the side away from the ribbons."""
    beside = x - 8 if anchor == "end" else x + BAR + 8
    bar = Markup('<rect x="{}" y="{:.1f}" width="{}" height="{:.1f}" class="block"/>')
    text = Markup('<text x="{}" y="{:.1f}" class="{}">{}</text>')
    return bar.format(x, block.start, BAR, max(block.height, 1)) + text.format(beside, block.label, anchor, label)
