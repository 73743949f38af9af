"""Channels: where alerts are told, by an address that `apprise` understands (a webhook, e-mail, Slack, Teams, ...).

`https://...` is a webhook that takes JSON, unless it is the address of a service that `apprise` knows by it (Slack,
Discord, Teams workflows). Secrets are filled in from the environment when a message is sent, and appear in no error.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from core.errors import RegularsError, SettingsError, did_you_mean

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_LONGEST_PROBLEM: Final = 300
_WEBHOOKS: Final = {"http": "json", "https": "jsons"}
"""What a plain address means: `apprise`'s own names for a webhook that takes JSON."""


class NotDelivered(RegularsError):  # noqa: N818 - what is the case, said as such
    """A channel did not take a message; why, without any secret."""


@dataclass(frozen=True)
class Channel:
    """A channel by its name and its address, secrets not filled in."""

    name: str
    address: str

    def send(self, title: str, body: str, seconds: float) -> None:
        """Send a message of plain text, whatever the channel makes of its own markup; wait so long for each answer.

        Raises:
            NotDelivered: it was not taken.
        """
        from apprise import NotifyFormat

        with _listening() as said:
            try:
                plugin = self._plugin()
                plugin.socket_connect_timeout = plugin.socket_read_timeout = seconds
                taken = plugin.notify(title=title, body=body, body_format=NotifyFormat.TEXT)
            except SettingsError:
                raise
            except Exception as error:
                raise NotDelivered(self._masked(f"{type(error).__name__}: {error}")) from None
        if not taken:
            raise NotDelivered(self._masked(said[-1] if said else "the channel refused it"))

    def _plugin(self) -> Any:
        from apprise import Apprise, AppriseAsset

        # In the thread that asks, and without pictures that readers' machines would fetch from elsewhere.
        asset = AppriseAsset(async_mode=False, app_id="Regulars", image_url_mask="", image_url_logo="")
        asset.app_desc, asset.app_url = "Regulars", ""
        url = self._filled()
        plugin = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
        scheme, separator, rest = url.partition("://")
        if plugin is None and scheme in _WEBHOOKS:
            plugin = Apprise.instantiate(_WEBHOOKS[scheme] + separator + rest, asset=asset, suppress_exceptions=True)
        if plugin is None:
            raise SettingsError(
                f"alerts.channels.{self.name} is no address of a channel",
                where="settings",
                why="it may lack a part, or begin with a name that nothing has",
                todo="see docs/monitoring.md#where-alerts-are-told for how addresses are written",
            )
        return plugin

    def _filled(self) -> str:
        """The address with its secrets; a part of it as a URL needs it written, the whole of it as it is."""
        if whole := _VARIABLE.fullmatch(self.address.strip()):
            return self._value(whole[1]).strip()
        login = self.address.rpartition("@")[0]

        def fill(match: re.Match[str]) -> str:
            return quote(self._value(match[1]), safe="" if match.end() <= len(login) else "/")

        return _VARIABLE.sub(fill, self.address)

    def _value(self, name: str) -> str:
        value = os.environ.get(name, "")
        if not value:
            where, todo = f"alerts.channels.{self.name}", did_you_mean(name, _alike(name))
            raise SettingsError(f"${{{name}}} is not set", where=where, todo=f"set it in the environment; {todo}")
        return value

    def _masked(self, text: str) -> str:
        """A text without the secrets of the address, in a line."""
        for name in _VARIABLE.findall(self.address):
            for part in _parts(os.environ.get(name, "")):
                text = text.replace(part, "***").replace(quote(part, safe=""), "***")
        return " ".join(text.split())[:_LONGEST_PROBLEM]


def _parts(secret: str) -> list[str]:
    """A secret, and each part of one that is an address: a library may tell the path alone. The longest first."""
    parts = {secret, *(part for part in re.split(r"[/?&=@:]+", secret) if len(part) >= 6)}
    return sorted(filter(None, parts), key=len, reverse=True)


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What `apprise` says in this thread: the only place where it tells why a message did not arrive."""
    said: list[str] = []
    mine = threading.get_ident()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == mine:
                said.append(record.getMessage())

    logger, listener = logging.getLogger("apprise"), Listener(logging.WARNING)
    logger.propagate = False  # it may name an address
    logger.addHandler(listener)
    try:
        yield said
    finally:
        logger.removeHandler(listener)


def _alike(name: str) -> list[str]:
    return [known for known in os.environ if known[:1] == name[:1]] or ["PATH"]
