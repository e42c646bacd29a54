from collections.abc import Iterator

import pytest

from search_index import search


@pytest.fixture(scope="module")
def without_similar() -> Iterator[None]:
    """Leave similar names out, so that answers can be compared with reading every document."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "SIMILAR_BELOW", 0)
        yield
