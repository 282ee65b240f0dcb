"""Steps of our own: one module a step, found by its name (``mix_up.py`` is MixUp).

A module says what the step does in the first line of its docstring, has ``Options`` (its parameters, each with a
description), ``LABELS`` and ``NOTE`` (what becomes of labels), ``DOCS`` (where it was published) and
``apply(options, sample, chance)``, which gives the new sample and the scalars that were drawn.
"""
