"""Fast kernels: one module a library transform, named after it in snake case, found by that name.

A kernel has ``apply(transform, image)``. It draws from the transform's own generators, never writes into ``image``,
leaves what moves labels in ``transform.params`` (see ``_pixels.drawn``), and returns the pixels and the scalar
parameters drawn. It raises NotImplementedError for what it does not cover; the caller then runs the library's code
from the same place of chance. ``TOLERANCE`` says how near to the library it is: most levels a pixel may be off and the
share of pixels that may be off at all, or None for "equal in distribution". A transform has a kernel only where that
is measurably faster (``python -m tests.bench.kernels``).
"""
