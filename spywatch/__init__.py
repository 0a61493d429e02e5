"""The ground that every room stands on: what travels (`records`), settings, addresses and the one HTTP door.

Nothing here knows feeds, pages, categories or databases.
"""

__version__ = "0.1.0"
