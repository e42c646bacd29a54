"""Errors with a plain message for people, and the HTTP status or exit code they lead to.

No Flask here: the command line maps `exit_code`, the web side maps `status`.
"""


class PortalError(Exception):
    """Base of every error the portal raises on purpose; its text is shown to people as it is."""

    exit_code = 2
    status = 500


class SettingError(PortalError):
    """A setting has a value that cannot be used. Names the setting."""


class CatalogError(PortalError):
    """A policy TOML file is wrong. Names the file and the key."""


class LibraryError(PortalError):
    """A text of the library is wrong. Names the file."""


class CalendarError(PortalError):
    """No calendar says whether people work in a year. Names the year and where to add it."""


class SourceError(PortalError):
    """A source file cannot be read as what it claims to be. Names the file; nothing was taken."""


class InstitutionError(PortalError):
    """An institution has a key already, or none, or its name is no name."""


class RegistryError(PortalError):
    """The private registry cannot be opened, or is in use by another process."""


class LedgerError(PortalError):
    """The ledger of publishing cannot be written. Nothing was published."""


class GateError(PortalError):
    """A safety gate refused: counts do not add up, a leak was found. Nothing was changed."""

    exit_code = 3


class SnapshotError(PortalError):
    """A snapshot is missing, damaged or of another format."""

    status = 503


class UnavailableError(PortalError):
    """A part of the portal is not set up, or not ready yet."""

    status = 503


class BadRequestError(PortalError):
    """A request parameter is unknown or out of range.

    `parameter` is its name in the query string, `message` says what would be accepted, with
    %(name)s for each of the `values`; `detail` is both together.
    """

    status = 400

    def __init__(self, parameter: str, message: str, **values: str | int) -> None:
        self.parameter = parameter
        self.message = message
        self.values = values
        self.detail = message % values if values else message
        super().__init__(f"{parameter}：{self.detail}")


class TooLongError(BadRequestError):
    """A request parameter is longer than anything it could usefully hold."""

    status = 413


class WrongKeyError(BadRequestError):
    """A request header carries a key that is nobody's; `parameter` is the name of the header."""

    status = 401


class NotFoundError(PortalError):
    """Nothing public stands at this address today: never was, or no longer is."""

    status = 404
