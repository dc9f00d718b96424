"""A run as a report: config, summary, every metric against every axis, objects over the steps."""

from __future__ import annotations

from plotkit.runs.report.compose import report

__all__ = ["report"]
