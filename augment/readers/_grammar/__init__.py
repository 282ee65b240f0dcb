"""The inside of the reader ``grammar``: sentences from templates, rules, lists and little generators.

``choices`` turns what is written into Rules, ``templates`` does so for one sentence, ``values``, ``fake`` and
``lists`` are the generators; ``shape`` says which rules lead back to themselves, ``tables`` prepares them for
``growing``, which makes sentences, and ``distinct`` lists those that differ. ``documents`` reads a grammar's own file.
"""
