"""The choices that a fit depends on, apart from the code that fits, so that the cache can ask for them cheaply."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """The choices that a fit depends on; all of them enter the model's identity.

    Attributes:
        folds: of the cross-validation.
        least: in how many texts a feature must occur, a bag.
        floors: see `Bag.floor`, a bag.
        strengths: the inverse of the regularisation (C), a bag, the last one the view of meaning's.
        join_strength: C of the regressions that join views and gate.
        same_event: cosine similarity of terms from which two texts are kept in one fold.
    """

    folds: int = 5
    least: tuple[int, int, int] = (2, 3, 5)
    floors: tuple[float, float, float] = (10.0, 40.0, 15.0)
    strengths: tuple[float, float, float, float] = (40.0, 40.0, 10.0, 3.0)
    join_strength: float = 1.0
    same_event: float = 0.12
