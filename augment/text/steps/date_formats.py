"""DateFormats: writes dates in another form: 2024-03-05, 5 March 2024, March 5, 2024, 05/03/2024. The day is the same.

    text: [{DateFormats: {forms: [iso, day_month, month_day, slashes], day_first: true}}]

English names of months. ISO 8601 for the first. 05/03/2024 is two dates: it is neither read nor written unless
``day_first`` says which; 25/03/2024 is but one, and is read. Years have four digits.
"""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.marks import Edit
from augment.text.steps import _dates
from augment.text.steps._english import English, foreign
from augment.text.steps._passages import Numbers, Rate, each, many, picked
from augment.text.steps._tokens import edited
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay: the day is the same. A date that is an entity or an answer is left alone, as all entities are;"
    " tokens are cut anew at white space."
)
DOCS = "https://www.iso.org/iso-8601-date-and-time-format.html"

Form = Literal["iso", "day_month", "month_day", "slashes"]


class Options(English):
    """Which forms, and how often."""

    forms: tuple[Form, ...] = pydantic.Field(
        ("iso", "day_month", "month_day"), min_length=1, description="What dates become; another form than their own."
    )
    day_first: bool | None = pydantic.Field(
        None, description="Whether 05/03/2024 is the fifth of March; null: such dates are left alone."
    )
    rate: Rate = pydantic.Field(1.0, description="Share of the dates, at least one.")

    @pydantic.model_validator(mode="after")
    def _checked(self) -> Options:
        if "slashes" in self.forms and self.day_first is None:
            raise ValueError("forms: slashes needs day_first: true or false")
        return self


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with dates in other forms."""

    def change(passage: Passage, generator: Numbers) -> Passage:
        dates = [
            (start, end, forms, date)
            for start, end, form, date in _dates.found(passage.text, options.day_first)
            if not passage.touches(start, end) and (forms := [one for one in options.forms if one != form])
        ]
        if not dates or foreign(passage, options.language):
            return passage
        edits: list[Edit] = []
        for index in picked(many(options.rate, len(dates), generator), len(dates), generator):
            start, end, forms, date = dates[index]
            form = forms[int(generator.random() * len(forms))]
            edits.append((start, end, _dates.written(form, date, options.day_first is True)))
        return edited(passage, edits) if edits else passage

    return each(options, sample, chance, change)
