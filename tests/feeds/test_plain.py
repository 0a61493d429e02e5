import pytest

from feeds.plain import Written, as_html, plain, storable


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Spy <b>ring</b> broken", "Spy ring broken"),
        ("Dutch &amp; Belgian services", "Dutch & Belgian services"),
        ("one<br/>two<p>three</p>", "one two three"),
        ("  a \n\t b  ", "a b"),
        ("&lt;b&gt;twice escaped&lt;/b&gt;", "twice escaped"),
        ("profits < 5 % and > 3 %", "profits < 5 % and > 3 %"),
        ("write to <desk@example.org>", "write to <desk@example.org>"),
        ("x<script>alert(1)</script>y", "x y"),
        ("x<!-- hidden -->y", "x y"),
        ("open <script> never closed", "open never closed"),
        ("red\x1b[31m\x07 alert\x00", "red[31m alert"),
        ("left\u202eright \u200bzero\ufeff", "leftright zero"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_plain_is_one_line_without_markup_or_controls(markup: str, text: str) -> None:
    assert plain(markup) == text


@pytest.mark.parametrize(
    ("markup", "written", "text"),
    [
        ("The <sup> element", Written.TEXT, "The <sup> element"),
        ("Less: <em> &lt; </em>", Written.TEXT, "Less: <em> < </em>"),
        ("The <b>old</b> &lt;sup&gt; element", Written.HTML, "The old <sup> element"),
        ("Write &lt;b&gt;so&lt;/b&gt;", Written.HTML, "Write <b>so</b>"),
        ("The &lt;sup&gt; element", Written.UNSAID, "The <sup> element"),
        ("&lt;b&gt;Twice&lt;/b&gt; escaped", Written.UNSAID, "Twice escaped"),
        ("Ports &amp;amp; ships", Written.UNSAID, "Ports & ships"),
        ("A clerk&amp;#8217;s &amp;quot;list&amp;quot;", Written.HTML, 'A clerk’s "list"'),
        ("A clerk&#8217;s list", Written.TEXT, "A clerk’s list"),
    ],
)
def test_what_decodes_to_markup_is_text_unless_escaped_twice(markup: str, written: Written, text: str) -> None:
    assert plain(markup, written) == text


def test_storable_keeps_line_breaks() -> None:
    assert storable("a\r\n\tb\x00\x0bc\udfff") == "a\r\n\tbc"


def test_declared_plain_text_is_escaped_unless_it_is_markup() -> None:
    assert as_html("a < b & c", "text/plain") == "a &lt; b &amp; c"
    assert as_html("<p>really html</p>", "text/plain") == "<p>really html</p>"
    assert as_html("<p>a & b</p>", "text/html") == "<p>a & b</p>"


@pytest.mark.parametrize("piece", ["<!--", "<script>", "<", "<a ", "<style "])
def test_unclosed_marks_by_the_hundred_thousand_are_read_in_one_pass(piece: str) -> None:
    """Looking from each mark to the end of the text would keep this test busy for a quarter of an hour."""
    assert len(plain(piece * 100_000)) <= len(piece) * 100_000
