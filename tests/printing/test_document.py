"""The stored form of a document."""

import pytest

from printing.document import Document, Text, from_json, to_json
from printing.errors import DocumentError
from tests.printing.papers import every_block


def test_round_trip() -> None:
    document = every_block()
    assert from_json(to_json(document)) == document
    assert to_json(from_json(to_json(document))) == to_json(document)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"version":2,"document":{"blocks":[]}}',
        '{"version":1,"document":{"blocks":[{"type":"hologram"}]}}',
        '{"version":1,"document":{"blocks":[{"type":"text","text":5}]}}',
        '{"version":1,"document":{"blocks":[{"type":"text","text":"a","wide":3}]}}',
        to_json(Document((Text("a"),)))[:-3],
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        from_json(text)
