"""Our own steps: fast, aware of spans, and in any script; see augment.native for what a module of these has."""
