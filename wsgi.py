"""What gunicorn serves."""

from portal.app import create_app
from portal.errors import PortalError

try:
    app = create_app()
except PortalError as error:
    raise SystemExit(str(error)) from None  # one clear line, no traceback
