"""Whether a text could be of one language by its letters: where few words tell the encoding, only that does."""

from __future__ import annotations

import re
import unicodedata

WESTERN = (
    "áéíóúñüª",
    "àâçèéêëîïôùûüÿœ",
    "äöüß",
    "áâãàçéêíóôõúª",
    "àèéìíîòóùú",
    "åäöé",
    "åæøéöä",
    "àçèéíïòóúü",
    "éëïöüáíóú",
)
"""Spanish, French, German, Portuguese, Italian, Swedish, Danish, Catalan, Dutch: what they add to a to z."""
_CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž", "çğıöşüâî", "ąčęėįšųūž",
            "āčēģīķļņšūž", "äöõüšž")  # fmt: skip
"""Polish, Czech, Slovak, Hungarian, Romanian, Croatian, Turkish, Lithuanian, Latvian, Estonian."""
_SIGNS = frozenset("º°€£¥№¿¡«»“”„‘’–—…·®™×½²³\u00a0")  # noqa: RUF001
_WORD = re.compile(r"[^\W\d_]+")


def western(text: str) -> bool:
    """Whether what is beyond a to z are the letters of one language of the west."""
    return any(_beyond(text) <= set(alphabet) for alphabet in WESTERN)


def of_one_language(text: str) -> bool:
    """Whether what is beyond a to z are letters of one alphabet, and no word has letters of two scripts."""
    beyond = _beyond(text)
    if any(beyond <= set(alphabet) for alphabet in (*WESTERN, *_CENTRAL)):
        return True
    scripts = [{_script(letter) for letter in word} for word in _WORD.findall(text) if not word.isascii()]
    return beyond <= set(filter(str.isalpha, beyond)) and all(
        len(each) == 1 and not each & {"LATIN", "HALFWIDTH"} for each in scripts
    )


def _beyond(text: str) -> set[str]:
    letters = {letter.lower() for letter in set(text) if not letter.isascii()}
    return letters - _SIGNS


def _script(letter: str) -> str:
    """As the name of a letter begins with its script's; those of East Asia stand in one word."""
    script = unicodedata.name(letter, "").partition(" ")[0]
    return "EAST ASIAN" if script in {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "KATAKANA-HIRAGANA"} else script
