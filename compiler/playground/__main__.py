"""`python -m compiler.playground`: a worker that compiles."""

from compiler.playground.answer_compile import answer_compile
from rasp.playground.worker import serve_worker

if __name__ == "__main__":
    serve_worker({"compile": answer_compile})
