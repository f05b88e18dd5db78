"""Text for log lines and messages."""


def printable(name: object) -> str:
    """Return a name for a log line or message: one line, valid UTF-8, no controls."""
    text = (
        str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    )
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
