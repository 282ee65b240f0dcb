"""Steps of our own: one module a step, found by its name (``mix_clips.py`` is MixClips); see augment.native.

All take a Clip of 1 to 8 channels at any rate, never write into it, and give their sample through
``augment.audio.labels.timeline.follow``, so that events, words, tempo and pitch follow the sound.
"""
