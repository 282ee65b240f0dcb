"""Plain NumPy, as scikit-learn has it: arrays in, more of the same out."""

from augment.plain_numpy.growing import arrays as arrays
