"""Pure arithmetic on pixels, without I/O or libvips."""
