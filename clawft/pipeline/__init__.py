"""One model call in stages, a file each: route, assemble, transport."""
