"""Fast kernels: one module a library transform, named after it in snake case, found by that name.

A kernel has ``apply(transform, samples, rate, draws)``. ``samples`` are (channels, frames) float32 and are not written
into; what it returns is as those, and new, beside the parameters drawn: the same names and, from the same place of
chance, the same values as the library's. Only the noise itself is drawn differently. It raises NotImplementedError for
what it does not cover; the caller then runs the library's code from the same place of chance. ``TOLERANCE`` says how
near to the library it is: the most by which a sample may be off, relative to the peak of what the library makes, or
None for "alike, but not sample by sample"; its module then says how. Long clips are worked on in blocks, so that no
kernel takes more than twice the clip beside it.
"""
