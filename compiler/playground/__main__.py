"""`python -m compiler.playground`: a worker that compiles."""

from compiler.playground.answer_compile import answer_compile
from rasp.page_answers.worker import serve_worker

if __name__ == "__main__":
    serve_worker({"compile": answer_compile})
