"""Parts of a path by their shape: what cannot be one is no address, and is looked up nowhere."""

from flask import Flask
from werkzeug.routing import BaseConverter

from portal import bounds


class PublicIdConverter(BaseConverter):
    """The public id of a subject or a record."""

    regex = f"[a-z0-9]{{{bounds.PUBLIC_ID_LENGTH}}}"


class SegmentConverter(BaseConverter):
    """A code or a name in any spelling, no longer than any can be."""

    regex = f"[^/]{{1,{bounds.SEGMENT.most}}}"


class PartConverter(BaseConverter):
    """The number of a part, from 1, in plain digits."""

    regex = f"[1-9][0-9]{{0,{len(str(bounds.PART.most)) - 1}}}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)


def install(app: Flask) -> None:
    """Let the rules of the application name these shapes."""
    app.url_map.converters.update(
        public_id=PublicIdConverter, segment=SegmentConverter, part=PartConverter
    )
