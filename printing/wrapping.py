"""Where a text breaks: greedily at spaces, and inside a word only if the word alone is wider than the line."""

from __future__ import annotations


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """Slices (start, end) of the text's lines, each at most `width` (at least 1) long; spaces at a break fall away.

    Leading spaces of the text stay, trailing ones go; an empty text is one empty line.
    """
    end_of_text = len(text.rstrip(" "))
    if end_of_text <= width:
        return [(0, end_of_text)]
    slices = []
    start = 0
    while end_of_text - start > width:
        # A space right behind the full line is a break, too.
        end = following = text.rfind(" ", start, start + width + 1)
        if end > start and not text[start:end].isspace():
            while text[end - 1] == " ":
                end -= 1
        else:  # a word wider than the line
            end = following = start + width
        slices.append((start, end))
        start = following
        while start < end_of_text and text[start] == " ":
            start += 1
    if start < end_of_text:
        slices.append((start, end_of_text))
    return slices
