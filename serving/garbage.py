"""Python's collector of cycles, kept from looking again and again at what stays: models, settings, catalogues.

It goes over every object of the oldest generation, half a million of them and more, and holds all threads meanwhile:
0.5 to 0.75 s every 20 to 40 s at 50 requests a second. What is frozen is passed over.
"""

from __future__ import annotations

import gc


def settle() -> None:
    """Call when something that stays was loaded. What was frozen before costs nothing now."""
    gc.collect()
    gc.freeze()
