"""All figures of the shop as of a day, from one reading of its tables."""

from __future__ import annotations

from datetime import date

from core import query_engine
from core.workspace import Workspace
from monitoring.shop_figures import campaign_effect, figure_courses, funnel
from monitoring.shop_figures.shop_results import ShopFigures


def measure(workspace: Workspace, as_of: date) -> ShopFigures:
    """Courses, the funnel and the campaigns; nothing at or after `as_of` counts."""
    with query_engine.on_tables(workspace) as connection:
        return ShopFigures(
            tuple(figure_courses.courses(connection, workspace, as_of)),
            tuple(funnel.by_region(connection, workspace, as_of)),
            tuple(campaign_effect.latest(connection, workspace, as_of)),
        )
