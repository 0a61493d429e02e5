"""How the rooms work together. The way of the data is written down once, in `pipeline.py`.

`ingest.py` and `send_digests.py` are its Prefect shells (no other room knows Prefect). No file here may bear a
stage's name: Prefect puts this folder first on the import path, so that `flows/digests.py` would hide `digests/`.
"""
