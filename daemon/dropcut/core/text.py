"""Text for log lines and messages."""


def printable(name: object) -> str:
    """Return a name as one line of valid UTF-8 without control characters."""
    text = (
        str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    )
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
