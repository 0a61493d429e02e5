"""What is said of a run."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.tell import not_classified_line, report_markdown
from spywatch.records import RunReport

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


def report(not_classified: int, **not_covered: int) -> RunReport:
    return RunReport(
        run_id="r", started_at=NOW, finished_at=NOW, not_classified=not_classified, not_covered=not_covered
    )


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (report(0), ""),
        (report(14, ru=1, fr=4, de=9), "14 articles in 3 languages not classified (de 9, fr 4, ru 1)"),
        (report(1, ja=1), "1 article in 1 language not classified (ja 1)"),
        (report(2), "2 articles without words not classified"),
        (
            report(4, pt=1, it=1),
            "2 articles in 2 languages not classified (it 1, pt 1); 2 articles without words not classified",
        ),
    ],
    ids=["all", "three languages", "one", "no words", "both"],
)
def test_what_was_not_classified_is_said_by_language(made: RunReport, line: str) -> None:
    assert not_classified_line(made) == line
    page = report_markdown(made)
    assert (f"\n{line}.\n" in page) is bool(line)
