"""Imported by the fork server of `workers`, so that new workers start with the heavy libraries in memory."""

from extractors.language import language_of
from extractors.text import preload

preload()
language_of("The model is read here once, so that its pages are shared by all of the workers.")
