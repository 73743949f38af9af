"""The encoding of a text file: known where it can be, else guessed and said to be a guess."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from core.errors import did_you_mean
from pipelines.sources.alphabets import of_one_language, western
from pipelines.sources.text_file import first_bytes, open_bytes, wide_encoding

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

DAMAGED = "\ufdd0"
"""Stands for bytes that are none of the encoding's; a code point that no text holds."""
_CANDIDATES = (
    "cp1252", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874",
    "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp850", "mac_roman",
)  # fmt: skip
"""What programs of shops write; charset-normalizer chooses among them."""
_EVERYDAY = {
    "cp949": ((0xB0, 0xC8),),
    "euc_jp": ((0xA1, 0xA1), (0xA4, 0xA5), (0xB0, 0xCF)),
    "gb18030": ((0xB0, 0xD7),),
    "big5": ((0xA4, 0xC6),),
    "cp932": ((0x81, 0x83), (0x88, 0x97)),
}
"""First bytes of the characters that each standard of East Asia puts first, the most frequent ones."""
_EVERYDAY_SHARE = 0.9
_DECODERS = {"utf-8": "utf-8-sig", "latin-1": "cp1252"}
"""What a name is read by: a mark at the start is dropped, and, as in browsers, latin-1 is its superset cp1252."""
_BLOCK = 1 << 22
_SAMPLE = 1 << 18
_AROUND = 1 << 12
_WORDS = 10_000
_CELLS = re.compile(rb'[\r\n\t,;"]+')
_BEYOND = re.compile(rb"[\x80-\xff]")
_LATIN = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")
"""In other scripts than Latin no ASCII letter stands beside a letter."""
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")
_WESTERN = ("cp1252", "iso8859_15", "mac_roman", "cp850")
_SIGNS = frozenset("€£¥")
_BESIDE_AMOUNTS = re.compile(rb"(?m)^[-(]?([\x80-\xff]) ?[0-9][0-9. ]*-?\)?$|^[-(]?[0-9][0-9. ]*-? ?([\x80-\xff])\)?$")
"""What is beyond ASCII beside an amount that is a cell's only content, or a part of it up to a separator."""
_CLOSE, _NEAR = 0.05, 0.15


@dataclass(frozen=True)
class Encoding:
    """A codec's name; `also`: other codecs that fit as well, where it is a guess; `example`: text that shows it."""

    name: str
    guessed: bool = False
    also: tuple[str, ...] = ()
    example: str = ""


def detect(path: Path) -> Encoding:
    """The file's encoding, from all of its bytes.

    Raises:
        DataError: it is not a text file, or can't be unpacked.
    """
    if wide := wide_encoding(first_bytes(path)):
        return Encoding(wide)
    words = _foreign_words(path)
    if words is None:
        return Encoding("utf-8")
    return _guess(words)


def known(name: str) -> str:
    """The name of a text encoding, as it was given.

    Raises:
        ValueError: there is no such encoding; names the nearest.
    """
    try:
        "".encode(name)
    except LookupError:
        near = did_you_mean(name, ("utf-8", "utf-16", "latin-1", *_CANDIDATES))
        raise ValueError(f"there is no encoding {name!r}; {near}") from None
    return name


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """The file's text, every end of a line a `\\n`; bytes that can't be decoded become `DAMAGED`.

    Raises:
        DataError: it can't be unpacked.
    """
    decoder = _DECODERS.get(encoding, encoding)
    with open_bytes(path) as file, io.TextIOWrapper(file, decoder, errors="regulars_damaged", newline=None) as text:
        yield text


def _mark_damage(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return DAMAGED, error.end


codecs.register_error("regulars_damaged", _mark_damage)


def _foreign_words(path: Path) -> bytes | None:
    """None where the file is UTF-8 (but for a few damaged bytes), else distinct cells around what is beyond ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    cells: dict[bytes, None] = {}
    beyond = damaged = read = 0
    with open_bytes(path) as file:
        while block := file.read(_BLOCK):
            text = decoder.decode(block)
            found = _BEYOND.search(block)
            if found is None:
                read += len(block)
                continue
            damaged += text.count("\ufffd")
            beyond += len(block) - len(block.translate(None, bytes(range(128, 256))))
            if len(cells) < _WORDS:
                cells |= dict.fromkeys(filter(_LETTER.search, _whole_cells(block, found.start(), read)))
            read += len(block)
    if damaged * 2 <= beyond:
        return None
    foreign = [cell for cell in cells if not cell.isascii()]
    mixed = sum(_LATIN.search(cell) is not None for cell in foreign)
    return b"\n".join(cells if 2 * mixed > len(foreign) else foreign)


def _whole_cells(block: bytes, found: int, before: int) -> list[bytes]:
    """The cells of a block around a place; one that is cut at the end of what is looked at may end within a letter."""
    first, last = max(0, found - _AROUND), found + _SAMPLE
    cells = _CELLS.split(block[first:last])
    begins = 1 if first or before else 0
    ends = len(cells) - 1 if last < len(block) or len(block) == _BLOCK else len(cells)
    return cells[begins:ends] or cells


def _guess(words: bytes) -> Encoding:
    """What charset-normalizer takes the words for; cp1252 where it would read them just the same."""
    from charset_normalizer import from_bytes

    matches = sorted(from_bytes(words, cp_isolation=list(_CANDIDATES), threshold=0.5), key=_east_asian_first)
    if not matches:
        return Encoding("cp1252", guessed=True, example=_example(words, "cp1252"))
    if (sign := _by_signs(words)) and not _has_signs(words, matches[0].encoding):
        return Encoding(sign, guessed=True, example=_example(words, sign))
    best = _by_letters(words, matches)
    if best is None:
        return Encoding("cp1252", True, (matches[0].encoding,), _example(words, "cp1252"))
    name = "cp1252" if "cp1252" in best.could_be_from_charset else best.encoding
    also = tuple(match.encoding for match in matches if match is not best and _as_likely(match, best))
    return Encoding(name, True, also, _example(words, name))


def _by_letters(words: bytes, matches: list[CharsetMatch]) -> CharsetMatch | None:
    """The first of what the library takes the words for whose letters are of one language, else its first.

    None for cp1252, where that reads a language of the west, and the library's first none: Nº and Artículo are too
    few letters for it.
    """
    first = matches[0]
    likely = of_one_language(str(first))
    latin = words.decode("cp1252", errors="replace")
    if western(latin) and (not likely or "ñ" in latin.lower()):
        return None
    return first if likely else next((match for match in matches if of_one_language(str(match))), first)


def _by_signs(words: bytes) -> str | None:
    """Of the encodings that have signs of money where the words have something beside amounts, the first."""
    return next((name for name in _WESTERN if _has_signs(words, name)), None)


def _has_signs(words: bytes, encoding: str) -> bool:
    """Whether all that stands beside amounts are signs of money in an encoding; not, where nothing stands there."""
    beside = {before or behind for before, behind in _BESIDE_AMOUNTS.findall(words)}
    try:
        read = {sign.decode(encoding) for sign in beside}
    except UnicodeDecodeError:
        return False
    return bool(read) and read <= _SIGNS


def _east_asian_first(match: CharsetMatch) -> tuple[bool, float]:
    """Two bytes a letter that all make everyday characters are no chance; the library keeps its order otherwise."""
    share = _everyday_share(str(match), match.encoding) if match.encoding in _EVERYDAY else 0.0
    return share < _EVERYDAY_SHARE, -share if share >= _EVERYDAY_SHARE else 0.0


def _everyday_share(text: str, encoding: str) -> float:
    """Of the letters beyond ASCII, those among an encoding's everyday characters."""
    leads = [char.encode(encoding)[0] for char in text if not char.isascii() and char.isalpha()]
    everyday = sum(any(low <= lead <= high for low, high in _EVERYDAY[encoding]) for lead in leads)
    return everyday / len(leads) if leads else 0.0


def _as_likely(match: CharsetMatch, best: CharsetMatch) -> bool:
    return match.chaos - best.chaos < _NEAR and best.coherence - match.coherence < _CLOSE


def _example(words: bytes, name: str) -> str:
    """The word with the most letters beyond ASCII."""
    texts = words[: 1 << 14].decode(name, errors="ignore").split("\n")
    return max(texts, key=lambda text: sum(not char.isascii() for char in text), default="")[:30].strip()
