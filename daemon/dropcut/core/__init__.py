"""The words of Dropcut, without I/O; imports no other package of it."""
