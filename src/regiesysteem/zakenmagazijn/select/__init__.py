"""The objects that a question is about, their order, and where the answer stops (StUF 03.01, 6.1, 6.3 and 6.4.1)."""

from regiesysteem.zakenmagazijn.select.search import Hits, Question, find_hits, melding_ignored, read_question

__all__ = ["Hits", "Question", "find_hits", "melding_ignored", "read_question"]
