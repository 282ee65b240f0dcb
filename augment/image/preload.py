"""All that a worker needs to make pictures, imported once before workers are forked."""

import PIL.Image

import augment.image.decode
import augment.image.encode
import augment.image.labels.finish
import augment.image.labels.settle
import augment.image.parameters
import augment.native

__all__ = ["PIL", "augment"]
