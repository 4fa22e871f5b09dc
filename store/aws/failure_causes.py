"""Causes of Errors that are no exceptions of a library: what a credential provider or a proxy did, and the remedy."""

EXPORT_AGAIN = "export new ones, and start the program again"
"""The remedy for credentials from variables: a program that runs does not see later exports."""


class CredentialsFailure(Exception):  # noqa: N818 - a part of an Error
    """The cause of an Error NO_CREDENTIALS: which provider failed, what it said, and what to do about it.

    `provider` is empty if there is none, and `remedy` if none is known.
    """

    def __init__(self, provider: str, words: str, remedy: str = "") -> None:
        super().__init__(provider, words, remedy)
        self.provider = provider
        self.words = words
        self.remedy = remedy

    def __str__(self) -> str:
        return "; ".join(filter(None, (": ".join(filter(None, (self.provider, self.words))), self.remedy)))


class ProxyFailure(Exception):  # noqa: N818 - a part of an Error
    """The cause of an Error UNREACHABLE that a proxy is to blame for; its text names the proxy."""

    def __init__(self, text: str, remedy: str = "check the proxy") -> None:
        super().__init__(text, remedy)
        self.remedy = remedy

    def __str__(self) -> str:
        return str(self.args[0])
