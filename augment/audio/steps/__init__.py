"""Steps of our own for sound, one a file; see augment.native for what a file holds."""
