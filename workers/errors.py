"""Everything that can go wrong and is somebody's business: each error is a sentence for the person who can mend it."""

from __future__ import annotations


class MobiliseError(Exception):
    """The base: its text says what is wrong, where, and what to do; it never holds a name or an address."""


class ConfigError(MobiliseError):
    """Raised when a setting, campaign or template cannot be used; names file, line or key."""

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(": ".join(filter(None, [where, what])) + (f" ({mend})" if mend else ""))


class InputError(MobiliseError):
    """Raised when a request or a file row cannot be taken; ``field`` names the part that is wrong."""

    def __init__(self, what: str, *, field: str = "", status: int = 422) -> None:
        self.what, self.field, self.status = what, field, status
        super().__init__(f"{field}: {what}" if field else what)


class NotFoundError(MobiliseError):
    """Raised when an id, campaign or postcode is not known here."""


class UnavailableError(MobiliseError):
    """Raised when the ledger cannot write now: nothing was done, ask again."""


class UnsafeError(MobiliseError):
    """Raised at start when the set-up would lose or expose something; says which setting to change."""
