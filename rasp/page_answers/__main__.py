"""`python -m rasp.page_answers`: a worker for what needs only the language."""

from rasp.page_answers.answer_question import answer_at_once
from rasp.page_answers.worker import serve_worker

if __name__ == "__main__":
    serve_worker(answer_at_once())
