"""Pure arithmetic on pixels: no I/O, no libvips."""
