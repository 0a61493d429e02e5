"""Looks at the corpus with a doctor's eye: what is wrong with it, what it teaches badly, what it lacks.

`check_corpus` in `checkup` asks them all. What can be seen without a model: `copies` (duplicates, label conflicts),
`phrases` (wording that too many examples share), `shortcuts` (features that alone predict a label). What takes
cross-validation (`crossval`): `mistakes`, `curve` (would more examples help?), `additions` (which ones).
"""
