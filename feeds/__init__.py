"""Feeds: from the register to entries.

In: a register file (TOML or OPML) with the addresses, and what is remembered of each feed (`FeedState`).
Out: one `Poll` a feed: a `ParsedFeed` with its entries, `NotModified`, or the `Failure` that says why not, together
with the state to remember.

The way of the data: `registry` (opml) reads the register -> `schedule` says which feed may be polled now -> `poll`
fetches it conditionally (`honesty` says whether a "not modified" is to be checked, `moves` at which address to ask,
`freshness` how long the answer is good) -> `workers` has the bytes parsed in a process that can be killed -> `parse`
makes entries of them (`charset` and `fence` make them safe to read, `sniff` looks what they are, feedparser or
`jsonfeed` reads them, `understood` and `jsonfeed` turn that into `raw` entries, `entries` judges those with the help
of `links`, `dates`, `plain` and `identity`) -> `history` tells what has changed with the feed.

Nothing here reads the clock, the settings or the environment. Import the modules by name: this package imports
nothing by itself, so that a look at the register does not load the feed parser.
"""
