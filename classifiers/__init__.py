"""Article in, tagged article out.

`load_classifier(corpus_folder, cache_folder)` in `classifiers.model` is the front door; `load_corpus(folder)` in
`classifiers.corpus` reads what it learns from. Importing this package imports nothing else, so that commands which
classify nothing start fast.

The way of an article: `language` (is it covered?), `passages` and `sentences` (what to score), `features`,
`concepts`, `glossary` and `vectors` (what a word says), `words` (looked up once), `linear` (scores), `calibration`
(decisions), `evidence`, `terms` and `neighbours` (why).
`fitting` makes the model from the corpus and `verdicts`; `doctor` examines the corpus, `quality` measures the model.
"""
