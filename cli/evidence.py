"""A tag with its grounds, as JSON: the same keys wherever a command tells one."""

from __future__ import annotations

from typing import Any

from spywatch.records import Tag


def tag_json(tag: Tag) -> dict[str, Any]:
    """A tag as JSON: category, score, decision, evidence, terms, nearest."""
    return {
        "category": tag.category,
        "score": tag.score,
        "decision": str(tag.decision),
        "evidence": [
            {"field": one.field, "text": one.text, "start": one.start, "end": one.end} for one in tag.evidence
        ],
        "terms": terms_json(tag),
        "nearest": nearest_json(tag),
    }


def terms_json(tag: Tag) -> list[dict[str, Any]]:
    """The words that speak for a tag as JSON, strongest first."""
    return [{"text": one.text, "weight": one.weight} for one in tag.terms]


def nearest_json(tag: Tag) -> list[dict[str, Any]]:
    """The examples that an article resembles as JSON, nearest first."""
    return [{"id": one.example_id, "title": one.title, "similarity": one.similarity} for one in tag.nearest]
