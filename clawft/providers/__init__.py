"""Wire formats without I/O, the provider registry, and the models that need no network."""
