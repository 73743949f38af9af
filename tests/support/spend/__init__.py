"""A further kind of model: what each customer will spend in the coming days, as a share of what they spent lately.

It is as small as a real kind can be, and shows what one is made of: its folders, and one line of registration.
"""

from models import kinds

NAME = "spend"


def register(monkeypatch) -> None:
    """The one line."""
    monkeypatch.setitem(kinds.KINDS, NAME, "tests.support.spend.{layer}")
