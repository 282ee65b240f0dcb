"""Fast kernels: one module a library transform, named after it in snake case, found by that name."""
