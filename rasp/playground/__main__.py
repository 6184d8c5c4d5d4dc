"""`python -m rasp.playground`: a worker for what needs only the language."""

from rasp.playground.answer_question import answer_at_once
from rasp.playground.worker import serve_worker

if __name__ == "__main__":
    serve_worker(answer_at_once())
