"""Exports of large platforms, known by the names of their columns."""

from pipelines.sources.presets.preset_choice import Recognised, recognise
from pipelines.sources.presets.preset_form import Preset, shipped

__all__ = ["Preset", "Recognised", "recognise", "shipped"]
