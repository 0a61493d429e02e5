"""What becomes of an exception that nobody foresaw: a recorded failure of the one item that raised it.

A run reads thousands of things from strangers. A mistake of ours over one of them must neither stop the run nor come
back every day and stop each one, so that item is set aside as `internal_error`, with the place in the code, for
`spywatch replay` after the mistake is mended. What is wrong with the database is no item's fault and is raised.
"""

from __future__ import annotations

from datetime import datetime

from spywatch.mistakes import in_words
from spywatch.records import Failure, Reason, Stage
from spywatch.urls import redact


def mishap(error: Exception, *, stage: Stage, subject: str, at: datetime) -> Failure:
    """An unforeseen exception as the failure of one item.

    Args:
        error: what was raised.
        stage: where in the pipeline.
        subject: the address or id of the item; secrets are redacted here.
        at: when (UTC).

    Returns:
        A failure that is final until it is replayed; its detail names the exception and the line that raised it.
    """
    return Failure(
        stage=stage,
        subject=redact(subject),
        reason=Reason.INTERNAL_ERROR,
        detail=in_words(error),
        retryable=False,
        at=at,
    )
