"""Recipes from albumentations and audiomentations: every step with its parameters, every group with its chances."""

from __future__ import annotations

import os
import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # before the import

import albumentations as lib
import numpy as np
import pytest
from scipy import stats

import augment
from augment import catalog
from augment.audio import library as audio_library
from augment.audio import parameters as audio_parameters
from augment.audio.peer import audiomentations as sounds
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Setting
from augment.engine import source
from augment.engine.draw import draw
from augment.engine.recipe import Recipe, build
from augment.image import library, references
from augment.migrate.composed import plain
from augment.sample import Sample
from tests.laws import audio_recipes, recipes

GIVEN_AT_CALLS = {"Mosaic", "OverlayElements", "TextImage"}
DRAWS = 1500


def again(recipe: Recipe) -> Recipe:
    """Through YAML."""
    return build(source.parse(recipe.to_yaml()))


def arguments(transform: Any) -> dict[str, Any]:
    found = transform.get_transform_init_args()
    return {key: plain(value) for key, value in found.items() if key != "p" and not callable(value)}


@pytest.mark.parametrize("name", library.transforms())
@pytest.mark.parametrize("p", [1.0, 0.25])
def test_every_step_of_albumentations_keeps_its_parameters(name: str, p: float, tmp_path: Path) -> None:
    kind = library.transforms()[name]
    wanted = [one.name for one in catalog.modality("image").describe(name).parameters if one.default == "required"]
    given = recipes.recipe(name, wanted, tmp_path)
    if "reference_images" in given:
        given["reference_images"] = [str(path) for path in sorted(Path(given["reference_images"]).iterdir())]
    if name in GIVEN_AT_CALLS:
        fitting = {key: value for key, value in given.items() if key not in references.keys(name)}
        with pytest.raises(augment.RecipeError, match="at each call, which a recipe must name"):
            augment.from_albumentations(kind(**fitting))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transform = kind(
            **{key: tuple(v) if isinstance(v, list) and key != "bbox_labels" else v for key, v in given.items()}, p=p
        )
    after = [lib.FromFloat(p=1)] if name == "ToFloat" else []  # alone it is the training loop's business
    if name == "Normalize":
        with pytest.raises(augment.RecipeError, match="it makes floats"):
            augment.from_albumentations(lib.Compose([transform, lib.NoOp()]))
        return
    (_, leaf), *more = again(augment.from_albumentations(lib.Compose([transform, *after]))).leaves()
    assert len(more) == len(after)
    assert leaf.p == p
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = arguments(transform), arguments(kind(**leaf.step.parameters))  # type: ignore[attr-defined]
    theirs.pop("reference_images", None)
    ours.pop("reference_images", None)
    assert theirs == ours


@pytest.mark.parametrize("name", audio_library.transforms())
def test_every_step_of_audiomentations_keeps_its_parameters(name: str, tmp_path: Path) -> None:
    given = audio_recipes.recipe(name, audio_parameters.needed(name), tmp_path)
    transform = audio_library.transforms()[name](**given, p=0.75)
    (_, leaf), *more = again(augment.from_audiomentations(sounds.Compose([transform]))).leaves()
    assert not more
    assert leaf.p == 0.75
    direct = catalog.modality("audio").build(name, {**given, "p": 0.75}, Setting(Path()))
    theirs, ours = vars(direct.transform), vars(leaf.step.transform)  # type: ignore[attr-defined]
    keys = [key for key in audio_parameters.defaults(name) if key in theirs]
    assert {key: theirs[key] for key in keys} == {key: ours[key] for key in keys}
    assert direct.files == leaf.step.files  # type: ignore[attr-defined]


H: Callable[[float], Any] = lambda p=1.0: lib.HorizontalFlip(p=p)  # noqa: E731
V: Callable[[float], Any] = lambda p=1.0: lib.VerticalFlip(p=p)  # noqa: E731
N: Callable[[float], Any] = lambda p=1.0: lib.InvertImg(p=p)  # noqa: E731

PICTURE_GROUPS: list[Callable[[], Any]] = [
    lambda: lib.Compose([H(0.3), V(0.7), N(0.5)]),
    lambda: lib.Compose([lib.OneOf([H(0.2), V(0.7), lib.Sequential([N(0.5), H(0.4)], p=0.6)])]),
    lambda: lib.Compose([lib.SomeOf([H(0.5), V(), N(0.25)], n=2, p=0.8)]),
    lambda: lib.Compose([lib.OneOf([lib.SomeOf([H(), V()], n=1, p=0.5), N(0.5)], p=1)], p=0.9),
    lambda: lib.Compose([lib.OneOrOther(H(0.1), lib.Sequential([V(), N(0.3)], p=0.2), p=0.3)]),
    lambda: lib.RandomOrder([H(0.5), V(0.9), N()], n=3, replace=True, p=0.7),
    lambda: lib.SomeOf([lib.OneOf([H(), V()]), lib.Compose([N(0.6)], p=0.5)], n=2),
    lambda: lib.Sequential([lib.ReplayCompose([H(0.5), V(0.5)], p=0.4), N()], p=0.6),
    lambda: H(0.35),
    lambda: lib.OneOrOther(H(0), V(0.4), p=0.6),
    lambda: lib.OneOrOther(lib.SomeOf([H(), N(0.5)], n=1, p=0.3), lib.RandomOrder([V(), N()], n=1, p=0.4), p=0.6),
    lambda: lib.OneOf(
        [lib.OneOrOther(H(), V(), p=0.2), N(0.8), lib.RandomOrder([H(), N()], n=2, replace=True, p=0.4)]
    ),
]


def drawn_group(rng: random.Random, depth: int = 3) -> Any:
    """Any tree of groups that a recipe has."""
    p = rng.choice([0, 0.3, 0.7, 1])
    if not depth or rng.random() < 0.3:
        return rng.choice([H, V, N, lambda p: lib.Transpose(p=p)])(p)
    inside = [drawn_group(rng, depth - 1) for _ in range(rng.randint(2, 3))]
    inside[0] = inside[0] if any(one.p for one in inside) else N(0.6)  # weights of nothing but 0 are no weights
    makes: list[Callable[[], Any]] = [
        lambda: lib.OneOf(inside, p=p),
        lambda: lib.SomeOf(inside, n=rng.randint(0, len(inside)), p=p),
        lambda: lib.SomeOf(inside, n=1, replace=True, p=p),
        lambda: lib.RandomOrder(inside, n=1, p=p),
        lambda: lib.RandomOrder(inside, n=2, replace=True, p=p),
        lambda: lib.OneOrOther(*inside[:2], p=p),
        lambda: lib.Sequential(inside, p=p),
        lambda: lib.Compose(inside, p=p),
    ]
    return rng.choice(makes)()


PICTURE_GROUPS += [partial(lambda seed: lib.Compose([drawn_group(random.Random(seed))]), seed) for seed in range(12)]


@pytest.mark.parametrize("make", PICTURE_GROUPS)
def test_groups_of_albumentations_keep_their_chances(make: Callable[[], Any]) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    compose = make()
    unlike(compose, count(11))
    theirs = Counter(compose(image=pixels)["image"].tobytes() for _ in range(DRAWS))
    ours = made(augment.from_albumentations(make()), "image", pixels, lambda value: value.tobytes())
    alike(ours, theirs)


SOUND_GROUPS: list[Callable[[], Any]] = [
    lambda: sounds.Compose([sounds.Reverse(p=0.3), sounds.PolarityInversion(p=0.6)], p=0.8),
    lambda: sounds.OneOf([sounds.Reverse(p=0.3), sounds.PolarityInversion(p=1.0), sounds.Gain(6, 6, p=1.0)], p=0.9),
    lambda: sounds.OneOf([sounds.Reverse(p=1.0), sounds.PolarityInversion(p=0.5)], weights=[1, 3]),
    lambda: sounds.SomeOf(
        (1, None), [sounds.Reverse(p=0.5), sounds.PolarityInversion(p=1.0), sounds.Gain(6, 6, p=0.7)], p=0.7
    ),
    lambda: sounds.Compose(
        [
            sounds.SomeOf(
                2, [sounds.Reverse(), sounds.Compose([sounds.PolarityInversion(p=1.0)], p=0.4), sounds.Gain(6, 6)]
            )
        ]
    ),
]


@pytest.mark.parametrize("make", SOUND_GROUPS)
def test_groups_of_audiomentations_keep_their_chances(make: Callable[[], Any]) -> None:
    samples = np.linspace(-0.1, 0.2, 8, dtype=np.float32)
    compose = make()
    random.seed(5)
    np.random.seed(5)
    theirs = Counter(np.round(compose(samples, 8000), 3).tobytes() for _ in range(DRAWS))
    clip = Clip(samples[None].copy(), 8000)
    alike(
        made(
            augment.from_audiomentations(make()), "audio", clip, lambda value: np.round(value.samples[0], 3).tobytes()
        ),
        theirs,
    )


def unlike(transform: Any, seeds: Iterator[int]) -> None:
    """Seed each part by itself: the library seeds all parts of a composition alike, so that they fire together."""
    seed = next(seeds)
    transform.set_random_state(np.random.default_rng(seed), random.Random(seed))
    for part in getattr(transform, "transforms", ()):
        unlike(part, seeds)


def made(recipe: Recipe, kind: str, value: Any, read: Callable[[Any], bytes]) -> Counter[bytes]:
    """How often each result comes."""
    found: Counter[bytes] = Counter()
    recipe = again(recipe)
    for copy in range(DRAWS):
        drawn = draw(recipe.steps[kind], Chance.of(9, "a", copy))
        found[read(catalog.modality(kind).apply(Sample(value), drawn, recipe.labels_of(kind))[0].value)] += 1
    return found


def alike(ours: Counter[bytes], theirs: Counter[bytes]) -> None:
    often = [kind for kind, times in (ours + theirs).items() if times > 20]  # enough to say something of
    assert sum(one[kind] for one in (ours, theirs) for kind in often) > 1.9 * DRAWS
    if len(often) > 1:
        counts = [[one[kind] for kind in often] for one in (ours, theirs)]
        assert stats.chi2_contingency(counts).pvalue > 1e-3, counts


def test_rules_for_boxes_become_labels() -> None:
    boxes = lib.BboxParams("coco", min_visibility=0.3, min_area=20, label_fields=["names"])
    recipe = augment.from_albumentations(lib.Compose([H(0.5)], bbox_params=boxes))
    labels = again(recipe).labels_of("image")
    assert (labels.min_visibility, labels.min_area) == (0.3, 20)


class Chain(sounds.Compose):  # type: ignore[misc]
    """Somebody's own."""


class Sepia(lib.ImageOnlyTransform):  # type: ignore[misc]
    """Somebody's own."""


class Blur(lib.Blur):  # type: ignore[misc]
    """Somebody's own, with a name of the library's."""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: lib.Compose([H(), lib.OneOf([lib.Lambda(image=len, p=1), V()])]), r"Compose\[1\].OneOf\[0\].Lambda"),
        (lambda: lib.Compose([lib.Lambda(image=len)]), "takes code, and a recipe is data"),
        (lambda: lib.Compose([Sepia()]), "got Sepia\n  make it a step of your own with @augment.step"),
        (lambda: lib.Compose([Blur()]), "got Blur\n  make it a step"),
        (lambda: lib.Compose([lib.RandomOrder([H(), V()], n=2)]), "steps keep the order of the recipe"),
        (lambda: lib.Compose([lib.SomeOf([H(), V()], n=2, replace=True)]), "replace=True"),
        (lambda: lib.Compose([lib.SelectiveChannelTransform([H()])]), "SelectiveChannelTransform"),
        (lambda: lib.Compose([H()], additional_targets={"image2": "image"}), "another target, 'image2'"),
        (lambda: lib.Compose([H()], bbox_params=lib.BboxParams("coco", min_width=3)), "min_width"),
        (
            lambda: lib.Compose([lib.HistogramMatching([np.zeros((8, 8, 3), np.uint8)], read_fn=np.copy)]),
            "code or pixels",
        ),
        (lambda: [H()], "expected a composition or transform of albumentations, got list"),
    ],
)
def test_what_is_not_the_librarys_is_named(make: Callable[[], Any], said: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compose = make()
    with pytest.raises(augment.AugmentError, match=said):
        augment.from_albumentations(compose)


def test_tensors_are_the_loops_business() -> None:
    pytest.importorskip("torch")
    from albumentations.pytorch import ToTensorV2

    with pytest.warns(UserWarning, match="ToTensorV2 is left out"):
        recipe = augment.from_albumentations(lib.Compose([H(0.5), ToTensorV2()]))
    assert recipe.text.data == {"expand": ONE_EACH, "image": [{"HorizontalFlip": {"p": 0.5}}]}
    with pytest.warns(UserWarning, match="Normalize and ToTensorV2 are left out"):
        recipe = augment.from_albumentations(lib.Compose([H(0.5), lib.Normalize(), ToTensorV2()]))
    assert recipe.text.data == {"expand": ONE_EACH, "image": [{"HorizontalFlip": {"p": 0.5}}]}


ONE_EACH = {"multiplier": 1, "keep_originals": False}
PIXELS = np.arange(2 * 8 * 8 * 3, dtype=np.uint8).reshape(2, 8, 8, 3)


@pytest.mark.parametrize("last", [lib.Normalize(), lib.ToFloat(), lib.Normalize(p=0.5)], ids=str)
def test_pictures_stay_uint8(last: Any) -> None:
    with pytest.warns(UserWarning, match=f"{type(last).__name__} is left out: recipes make uint8 pictures"):
        recipe = augment.from_albumentations(lib.Compose([lib.InvertImg(p=1), last]))
    grown, _ = augment.arrays(recipe, PIXELS)
    assert grown.dtype == np.uint8
    assert np.array_equal(grown, 255 - PIXELS)


def test_floats_that_are_taken_back_are_kept() -> None:
    recipe = augment.from_albumentations(lib.Compose([lib.ToFloat(p=1), lib.InvertImg(p=1), lib.FromFloat(p=1)]))
    grown, _ = augment.arrays(recipe, PIXELS)
    assert grown.dtype == np.uint8
    assert np.array_equal(grown, 255 - PIXELS)


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: lib.Compose([lib.Normalize(), H()]), r"Compose\[0\].Normalize"),
        (lambda: lib.Compose([H(), lib.OneOf([lib.ToFloat(), lib.Normalize()])]), r"OneOf\[1\].Normalize"),
        (lambda: lib.Compose([lib.FromFloat(), lib.ToFloat(), H()]), r"Compose\[1\].ToFloat"),
        (lambda: lib.Compose([H(), lib.Normalize()], p=0.5), r"Compose\[1\].Normalize"),
        (lambda: lib.Normalize(), "Normalize"),
    ],
)
def test_floats_before_others_are_refused(make: Callable[[], Any], where: str) -> None:
    with pytest.raises(augment.RecipeError, match=f"{where}\n  it makes floats.*\n?.*put it at the end"):
        augment.from_albumentations(make())


def test_one_copy_a_source_as_there() -> None:
    sound = np.linspace(-0.1, 0.2, 800, dtype=np.float32)[None]
    recipe = augment.from_audiomentations(sounds.Compose([sounds.PolarityInversion(p=1.0)]))
    assert recipe.text.data["expand"] == ONE_EACH
    grown, _ = augment.arrays(recipe, sound, rate=8000)
    assert np.array_equal(grown, -sound)
    grown, _ = augment.arrays(augment.from_albumentations(lib.Compose([H(1)])), PIXELS, multiplier=3)
    assert np.array_equal(grown, PIXELS[:, :, ::-1].repeat(3, axis=0))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: sounds.Compose([sounds.Lambda(transform=len)]), r"Compose\[0\].Lambda\n  .*takes code"),
        (lambda: sounds.Compose([sounds.Gain(), sounds.Reverse()], shuffle=True), "shuffle=True"),
        (lambda: sounds.RepeatPart(part_transform=sounds.Gain()), "part_transform is code"),
        (lambda: Chain([sounds.Gain()]), "got Chain"),
        (lambda: "Gain", "expected a composition or transform of audiomentations, got str"),
    ],
)
def test_what_is_not_of_audiomentations_is_named(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(augment.AugmentError, match=said):
        augment.from_audiomentations(make())
