"""`python -m portal …`"""

import sys

from portal.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
