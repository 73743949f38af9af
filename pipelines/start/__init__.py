"""`regulars start`: from the export of a shop system to models that answer, with nothing edited."""

from pipelines.start.journey import Started, start

__all__ = ["Started", "start"]
