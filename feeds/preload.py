"""Imported by the fork server of a pool of workers, so that new workers start with the feed parser in memory."""

from feeds.parse import preload

preload()
