"""Extraction: a page (or what the feed carried) in, articles out.

In: a `Page` (bytes as the server sent them), the feed's `Entry` where there is one, and the time `now`.
Out: one `Article`, or several where a page holds several posts, or a `Failure` that says why there is none.

Way of a page: `download` fetches it; `workers` runs `article` in a process that can be killed; `article` decodes it
(`markup`), splits pages of posts (`roundup`), and for each article finds the text (`text`), title and authors
(`byline`), date (`dates`), language (`language`) and access state (`access`), with the feed's own text (`feed_text`)
where the page shows less.

The doors: `article.articles_from_page`, `article.article_from_feed`, `download.download`,
`workers.ExtractionPool`. Nothing here reads the clock, the settings or the environment. Heavy libraries are imported
at first use (see `text.preload`).
"""
