"""After a command's own work: channels are told of the alerts that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.workspace import Workspace
    from pipelines.cli.console import Console


def tell(console: Console, workspace: Workspace) -> dict[str, Any]:
    """Send what waits, within `alerts.send_s` seconds; what does not arrive fails nothing, and is tried again."""
    from core.alert_delivery import deliver

    told = deliver(workspace)
    if str(told):
        console.note(f"alerts: {told}")
    return told.as_dict()
