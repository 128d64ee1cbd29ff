"""Statistics of a text."""

import math
import re
from collections import Counter

from demo.models import TextResult, WordCount

WORDS_PER_MINUTE = 230
"""Speed of a practised silent reader."""
_TOP = 8
# Letters and digits of any script; an apostrophe or a hyphen only inside a word.
_WORD = re.compile(r"[^\W_]+(?:['\u2019\-][^\W_]+)*")


def analyse(text: str) -> TextResult:
    """Count what is in a text. Characters exclude line ends; a last line without an end counts as one."""
    words = _WORD.findall(text)
    folded = Counter(word.casefold() for word in words)
    lines = text.splitlines()
    return TextResult(
        words=len(words),
        unique_words=len(folded),
        characters=sum(len(line) for line in lines),
        lines=len(lines),
        reading_seconds=math.ceil(len(words) / WORDS_PER_MINUTE * 60),
        top_words=_top(folded),
    )


def _top(counts: Counter[str]) -> list[WordCount]:
    """The most frequent words, ties in order of appearance.

    Words of up to three letters say little in most languages, so they appear only when there is nothing else.
    """
    telling = [(word, count) for word, count in counts.most_common() if len(word) > 3]
    return [WordCount(word=word, count=count) for word, count in (telling or counts.most_common())[:_TOP]]
