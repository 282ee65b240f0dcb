"""The base of every block of options in a recipe. A module of its own: pydantic takes time to import."""

from __future__ import annotations

import pydantic


class Options(pydantic.BaseModel):
    """Unknown keys are errors, values are frozen."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)
