"""Who calls the work: one module a way of running tasks, found by its name."""
