"""Records to DuckDB and back: the only room that opens a database.

In: polls, entry outcomes, run reports, notices, digests, verdicts (records of `spywatch.records`) and plain values,
`now` included.
Out: a database folder that holds the pipeline's file, its published copy and a journal; and records read from them.

* `store.PipelineStore`: the one writer, for as long as it holds the folder's lock.
* `recording.record_digest`, `verdicts.record_verdict`, `replay.record_replay`: what other commands write, whether or
  not a run holds the lock.
* `published`, `candidates`, `verdicts`, `status`, `whereabouts`, `queries`: everything that reads, on the published
  copy; `judgements` lays the journal's verdicts over it.
* `retagging`: stored articles as a stream, and what takes the place of their tags.
* `polls` and `outcomes` write what a run brings. The rules are pure: `ledger` (what a sighting means), `recurring`
  (which items are known again), `settling` (what the end of an attempt means), `habits` (how feeds mislead).
* `noticing` and `health`: what an operator should know of the sources.
* `layout` names the files, `journal` is the way past the lock, `migrations` the schema's history, `describe` its
  documentation. Every SQL statement is a file under `sql/`.
"""
