"""POST /v1/demand: how much of everything will sell."""

from __future__ import annotations
