"""Groups of the algebra (draw.py) and automatic policies (policies.py) as a person is told of them."""

from __future__ import annotations

from collections.abc import Mapping

from augment.contracts import Description, Parameter
from augment.engine.policies import STRONGEST

_NOTE = "allow_label_change: true on it holds for all of them."
_P = Parameter("p", "1.0", "probability from 0 to 1", "Chance that it fires; inside one_of and its like, its weight.")
_WEIGHED = Parameter("steps", "required", "list of steps and groups", "What is drawn from; their p are weights.")
_STEPS = Parameter("steps", "required", "list of steps and groups", "What it is made of; each fires by its own p.")
_SPACE = Parameter("steps", "as published", "list of steps", "The space to draw from; their p are weights.")
_N = "[low, high] or whole number, >= 0"


def _told(name: str, summary: str, *parameters: Parameter, docs: str = "") -> Description:
    return Description(name, summary, "as its steps", _NOTE, (*parameters, _P), docs)


DESCRIBED: Mapping[str, Description] = {
    one.name: one
    for one in (
        _told("one_of", "One of the steps inside, drawn.", _WEIGHED),
        _told(
            "some_of",
            "Some of the steps inside, drawn, in their order.",
            Parameter("n", "required", _N, "How many of the steps."),
            _WEIGHED,
        ),
        _told("sequence", "All steps inside, or none.", _STEPS),
        _told(
            "repeat",
            "All steps inside several times, drawn anew each time.",
            Parameter("n", "required", _N, "How many times all of them."),
            _STEPS,
        ),
        _told(
            "rand_augment",
            "Steps drawn with replacement, all equally strong (Cubuk et al., 2019).",
            Parameter("n", "2", _N, "How many steps are drawn."),
            Parameter("magnitude", "9", f"[low, high] or whole number from 0 to {STRONGEST}", "How strong they are."),
            _SPACE,
            docs="https://arxiv.org/abs/1909.13719",
        ),
        _told(
            "trivial_augment",
            "One step, drawn, with a drawn strength (Müller and Hutter, 2021).",
            _SPACE,
            docs="https://arxiv.org/abs/2103.10158",
        ),
        _told(
            "aug_mix",
            "Chains of drawn steps, blended with the sample as it was (Hendrycks et al., 2020).",
            Parameter("severity", "3.0", "number from 0 to 10", "How strong the steps are."),
            Parameter("width", "3", "whole number from 1 to 16", "How many chains are blended."),
            Parameter("depth", "[1, 3]", "[low, high] or whole number, from 1 to 16", "Steps in a chain."),
            Parameter("alpha", "1.0", "number above 0", "Of the distributions of the weights; above 1, more even."),
            _SPACE,
            docs="https://arxiv.org/abs/1912.02781",
        ),
    )
}
"""Name -> what it does and takes. All of ``GROUPS`` and ``POLICIES`` are here."""
