"""The cases that Dropcut is accepted by, one named test each."""
