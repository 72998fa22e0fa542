"""The toolchain: makes and checks the tree. It reaches the agent only by running `weft`, never by importing it."""
