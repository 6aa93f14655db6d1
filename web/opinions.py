"""What the browser sends when somebody rates an answer or a citation → an opinion that is kept, or a reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from alignment_qa import AlignmentQAError
from alignment_qa.cite import as_json
from alignment_qa.feedback import LONGEST, Feedback, Opinion, Verdict
from web import records

if TYPE_CHECKING:
    from alignment_qa import Assistant


def rate(assistant: Assistant, feedback: Feedback, sent: object) -> str:
    """Keep or, with no verdict, take back what is said of a record. The empty string, or why it could not be kept."""
    try:
        if not isinstance(sent, dict):
            raise ValueError("An opinion must be an object.")
        answer_id = records.answer_id(sent.get("record"))
        citation, verdict, comment = sent.get("citation", 0), sent.get("verdict"), sent.get("comment", "")
        answer = records.recall(sent.get("record"), assistant.index)
        if type(citation) is not int or citation not in {0, *(c.number for c in answer.citations)}:
            raise ValueError("The citation must be a number of the answer, or 0.")
        if not isinstance(comment, str) or not (verdict is None or verdict in get_args(Verdict)):
            raise ValueError("The verdict must be right, wrong or none, the comment text.")
        if verdict is None:
            feedback.withdraw(answer_id, citation)
        else:
            said = comment.strip()[:LONGEST]
            feedback.keep(Opinion(answer_id, citation, verdict, said, as_json(answer), assistant.index.digest))
    except (AlignmentQAError, ValueError) as error:
        return str(error)
    return ""
