"""clawft, a personal AI agent: the package behind the `weft` command. Importing it does no work."""
