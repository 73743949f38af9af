"""How Feast writes the key of an entity: the bytes that name its row in every online store.

The layout is that of `feast.infra.key_encoding_utils.serialize_entity_key`, version 3, for one key of type string; the
tests hold the two equal. Nothing here imports Feast.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_STRING = 2
"""`ValueType.STRING` of Feast."""
_NUMBER = struct.Struct("<I")


def entity_keys(name: str, ids: Iterable[str]) -> list[bytes]:
    """The bytes of entities that are known by one column, `name`."""
    spelled = name.encode()
    start = b"".join((_NUMBER.pack(1), _NUMBER.pack(_STRING), _NUMBER.pack(len(spelled)), spelled))
    start += _NUMBER.pack(_STRING)
    spelled_ids = [each.encode() for each in ids]
    begins = {size: start + _NUMBER.pack(size) for size in set(map(len, spelled_ids))}
    return [begins[len(each)] + each for each in spelled_ids]
