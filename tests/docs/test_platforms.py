"""docs/your-data.md names every platform that is recognised, and what its export lacks."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from pipelines.sources.presets import shipped
from pipelines.sources.presets.preset_form import load_preset
from tests.docs import pages

PAGE = pages.DOCS / "your-data.md"


def platforms_as_markdown() -> str:
    presets = sorted(shipped(), key=lambda preset: preset.title.casefold())
    rows = [f"| {preset.platform} | {preset.export} | {'; '.join(preset.leaves_out)} |" for preset in presets]
    return "\n".join(["| platform | export | what it leaves out |", "|---|---|---|", *rows, ""])


def test_the_page_lists_the_platforms() -> None:
    """Run with REGULARS_WRITE_DOCS=1 to write the list anew."""
    assert pages.written(PAGE, "platforms", platforms_as_markdown())


def test_the_preset_in_the_page_is_one(tmp_path: Path) -> None:
    [block] = re.findall(r"```\n(platform: .*?)```", PAGE.read_text(), re.DOTALL)
    file = tmp_path / "till.yaml"
    file.write_text(block)
    assert yaml.safe_load(block)["platform"] == load_preset(file).platform
