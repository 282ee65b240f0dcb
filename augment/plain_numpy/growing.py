"""Arrays grown by a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from augment.annotations import Annotations
from augment.chance import Chance
from augment.engine.bench import Source
from augment.engine.held import Held
from augment.engine.recipe import AnyRecipe, Recipe, load
from augment.errors import AugmentError, SampleError
from augment.plain_numpy.rows import Rows, rows_of
from augment.plain_numpy.targets import Targets, targets_of
from augment.sample import Dataset, Sample
from augment.signatures import only, shows

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Arraying(TypedDict, total=False):
    """What a call of ``arrays`` may say.

    ``multiplier`` and ``seed`` over those of the recipe; ``rate``, Hz, that of sounds; ``groups`` asks for the row of
    X that each row came from.
    """

    multiplier: int | None
    seed: int | None
    rate: int | None
    groups: bool


@shows(Arraying, groups=False)
def arrays(recipe: AnyRecipe, X: Any, y: Any = None, **options: Unpack[Arraying]) -> tuple[Any, ...]:  # noqa: N803
    """Grow arrays: exactly ``multiplier`` rows for each row.

    The rows that come of one row stand together, its original first: those of row ``i`` are ``i * multiplier`` and the
    ``multiplier - 1`` after it. (With ``keep_originals: false`` they are all copies.) Whatever else belongs to rows
    follows by ``groups``: ``weights[groups]``, ``frame.iloc[groups]``. Draws hang on the seed and on ``i``: rows that
    are added after a row change nothing of it, unless it is mixed with others.

    Split into training and test rows first, for copies of one row on both sides are a leak. In cross-validation it is
    a step of imbalanced-learn's pipeline, which grows the training rows of each fold and no others::

        grow = imblearn.FunctionSampler(func=functools.partial(augment.arrays, recipe), validate=False)
        cross_val_score(imblearn.pipeline.make_pipeline(grow, …, LogisticRegression()), X, y)

    Args:
        recipe: As for ``augment.run``, with steps for what X holds; ``input`` and ``output`` play no part.
        X: Pictures, (N, height, width) or (N, height, width, 1 or 3) uint8; sounds, (N, frames) or (N, channels,
            frames) float, nominally from -1 to 1, with ``rate``; texts, N of them. A list or an array of objects where
            sizes differ.
        y: Anything with N rows; None where there is nothing. Where steps move, cut or mix, or change texts:

            - Classes, (N,) whole numbers, truths or texts, or one-hot, (N, classes) of 0 and 1, are known to steps,
              which may change them; one-hot ones may be mixed, and are shares then.
            - Masks, (N, height, width) or (N, height, width, 1) as X has them, move with their pictures: whole numbers
              from 0 to 65535 of any type. What comes from outside a picture is 0, or as ``labels: {void: …}`` says.
            - All else is repeated, with a warning where rows might be boxes or keypoints, or places in a text: those
              move in ``augment.stream`` and ``augment.run``. What has yet more axes is refused, and with texts so are
              rows that are lists or mappings, such as tags and spans; several classes of a text go as sets or
              multi-hot.
        options: See Arraying.

    Returns:
        X and y, and the rows' groups, (N * multiplier,) int64, if asked for. Lists go as lists; what NumPy takes for
        an array, such as pandas' columns, goes as an array. X has the type that it had, sounds float32; it is an array
        of objects where sizes differ. y has the type that it had; masks of several types get one; one-hot whole
        numbers are float64 once mixed. Where it was None it is None, but for the classes that steps such as
        RotationLabel write, (N * multiplier,) texts.

    Raises:
        AugmentError: X, y or an option is wrong, the recipe has no steps for X, a step mixes classes or writes labels
            that y can't hold, rows come out in several types, or a copy can't be made (then the message says of which
            row): there would be too few rows.
    """
    only("arrays", options, Arraying)
    checked = load(recipe, multiplier=options.get("multiplier"), seed=options.get("seed"))
    given = rows_of(X, options.get("rate"), checked)
    targets = targets_of(y, given, checked)
    bench = _Bench(checked, given, targets)
    count = len(given) * len(bench.numbers(0))
    rows, labels = given.gathered(count), targets.gathered(count)
    for row in range(len(given)):
        try:
            for _, sample in bench.grown(row):
                if sample.fields:
                    name = next(iter(sample.fields))
                    raise AugmentError(f"recipe: a step writes the field {name!r}, which rows do not have; {STREAM}")
                rows.add(given.given(sample))
                labels.add(targets.of(row, sample))
        except SampleError as error:
            fix = "; write expand: {duplicates: keep} to have it twice" if error.reason == "shortfall" else ""
            raise AugmentError(f"X[{row}]: {error}{fix}") from error
    groups = np.repeat(np.arange(len(given), dtype=np.int64), count // len(given))
    return (rows.whole(), labels.whole(), *([groups] if options.get("groups") else []))


STREAM = "items of augment.stream have them, as do files of augment.run"
"""Where there is what rows of arrays can't hold."""


class _Bench(Held):
    """A bench over rows of arrays."""

    def __init__(self, recipe: Recipe, rows: Rows, targets: Targets) -> None:
        self.targets = targets
        super().__init__(recipe, rows.kind, targets.names, rows.taken, Dataset(spatial=targets.masks))

    def annotated(self, row: int) -> Annotations | None:
        return self.targets.annotated(row)

    def _partners_of(self, source: Source, chance: Chance, count: int, balanced: bool) -> list[Sample]:
        if not self.targets.mixes:
            told = "a step mixes rows, and of y nothing is known that could be mixed; give classes, one-hot"
            raise SampleError("no partner", f"{told}, or leave y out and mix in the training loop")
        return super()._partners_of(source, chance, count, balanced)
