"""Which products the words of a search mean: by their names, categories, departments and brands."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from models.arrays import Float32Array, Int64Array
from models.recommendation.catalogue import GROUPS, Catalogue

_WORDS: Final = re.compile(r"\w+")
_PLURAL: Final = 4
"""From so many letters on a final s is taken off."""
_LEAST: Final = 0.5
"""The part of a search's words, the rare ones counting more, that a product must have."""
MOST: Final = 10


@dataclass(frozen=True)
class ProductWords:
    """The words of a catalogue, looked up by word; made when first asked."""

    catalogue: Catalogue

    def found(self, text: str) -> tuple[Int64Array, Float32Array]:
        """At most `MOST` products that the text means, what sells best first among equals, and how well in 0..1.

        A word that no product has says nothing; a rare one says more than one that many have (idf).
        """
        known = [self._places[word] for word in sorted(words(text)) if word in self._places]
        if not known:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        rarity = [np.log1p(len(self.catalogue) / len(places)) for places in known]
        codes, place = np.unique(np.concatenate(known), return_inverse=True)
        each = np.concatenate([np.full(len(p), r) for p, r in zip(known, rarity, strict=True)])
        share = np.bincount(place, weights=each) / sum(rarity)
        order = np.lexsort((codes, -self.catalogue.numbers["sales_weight"][codes], -share))
        best = order[share[order] >= _LEAST][:MOST]
        return codes[best].astype(np.int64), share[best].astype(np.float32)

    @cached_property
    def _places(self) -> dict[str, Int64Array]:
        """Word -> the codes of the products that have it."""
        of_texts: dict[str, Set[str]] = {}
        places: dict[str, list[int]] = {}
        for code, texts in enumerate(zip(*(self.catalogue.texts[name] for name in GROUPS), strict=True)):
            own: set[str] = set()
            for text in texts:
                if isinstance(text, str):
                    if text not in of_texts:
                        of_texts[text] = words(text)
                    own |= of_texts[text]
            for word in own:
                places.setdefault(word, []).append(code)
        return {word: np.array(codes, dtype=np.int64) for word, codes in places.items()}


def words(text: str) -> Set[str]:
    """The words of a text, whatever their case, without a plural's s."""
    return {word[:-1] if len(word) >= _PLURAL and word[-1] == "s" else word for word in _WORDS.findall(text.casefold())}
