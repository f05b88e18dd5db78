"""Dropcut's basic types, without I/O; imports no other package of Dropcut."""
