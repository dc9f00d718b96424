"""Sentences in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from plotkit.report.marked import escaped


def lines(sentences: Iterable[str]) -> str:
    """Sentences as a list."""
    return "\n".join(f"- {escaped(sentence)}" for sentence in sentences)
