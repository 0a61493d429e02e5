"""How good the tags are, measured on the corpus out of fold, and the page that tells it.

`figures` measures, `intervals` says how sure, `plots` draws, `page` writes.
"""
