"""The one process that speaks with a Dask cluster. It carries texts there and back and knows nothing of the course.

Dask's protocol has a mark for "unpickle this" that no setting turns off, and errors and events come pickled, too: who
answers at the scheduler's address could run code in the process that holds the gradebook. So Dask lives here, beside
that process, and in here a pickle finds no class and no function (`no_classes`). Memory is limited; if this process
dies or hangs, grading goes on without it.

Run as a file, by cluster.py, with the number of an open pipe. It imports nothing of this project.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

MEMORY = 2 * 2**30  # address space in bytes: it needs a sixth of that
MOST = 2**21  # characters of one answer; a whole course's judgements have 20 000
BATCH = 2**23  # characters of the answers that are passed on at once
TRIES = 3  # to fetch one answer, each PATIENCE long


def by_value(function: Callable) -> Callable:
    """Let a function travel as code: nothing of that name is found where it says it comes from.

    By name, every process that pickles it imports its module to look it up there: the scheduler as well, which needs
    nothing of this project and would answer nobody for as long as that takes (half a minute on a busy machine).
    """
    function.__module__ = "builtins"
    return function


@by_value
def on_worker(parcel: str) -> str:
    """The answer to a parcel, whatever happens: an exception of ours would come back pickled."""
    import importlib

    try:
        return importlib.import_module("autograder.grading.parcels").judge_parcel(parcel)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


@by_value
async def version_there() -> str:
    """Which grader is installed on this worker. In a thread: its event loop must go on while the grader is imported."""
    import asyncio
    import importlib

    try:
        return (await asyncio.to_thread(importlib.import_module, "autograder.judging.seeds")).grader_digest()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


def no_classes(event: str, arguments: tuple) -> None:
    """An audit hook of the interpreter: pickles hold plain data here, and the type of bytes, in which errors come.

    AttributeError is what Dask expects of a pickle whose class is not installed; it then shows the bytes.
    """
    if event == "pickle.find_class" and arguments[-2:] != ("builtins", "bytes"):
        raise AttributeError(f"{'.'.join(map(str, arguments[-2:]))[:100]} is not unpickled here")


def guard(memory: int = MEMORY) -> None:
    """Close this process to what comes from a cluster. None of it can be undone."""
    os.environ["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_IMPORTS"] = "[]"  # for the values of Enums in messages
    import distributed.protocol  # noqa: F401 -- loaded before the limit counts

    sys.addaudithook(no_classes)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**24, 2**24))  # a scheduler may have lines printed here
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Courier:
    """Jobs under way on one cluster."""

    def __init__(self, order: dict):
        from distributed import Client, Security

        self.patience = order["patience"]
        security = Security(require_encryption=True, **order["tls"]) if order["tls"] else None
        self.client = Client(order["address"], timeout=self.patience, security=security, set_as_default=False)
        self.running: dict[Any, list] = {}  # future -> [number of the job, tries]
        self.threads, self.asked, self.seen = 1, 0.0, time.monotonic()

    def workers(self) -> dict[str, str]:
        """Address -> version of the grader there, or why there is none."""
        found = self.client.run(version_there, on_error="return")
        return {str(worker)[:100]: str(version)[:200] for worker, version in found.items()}

    def submit(self, number: int, parcel: str) -> None:
        self.running[self.client.submit(on_worker, parcel, pure=False)] = [number, 0]

    def news(self) -> dict:
        """What has happened within a second: answers, jobs that failed, room for more, why the cluster is lost."""
        answers: list[list] = []
        failed: list[list] = []
        lost = self._lost()
        if not lost and self.running:
            try:
                for future in self._finished():
                    if sum(len(answer) for _, answer in answers) < BATCH:
                        self._fetch(future, answers, failed)
            except Exception as error:  # a cluster that breaks down does so in many ways: then it is of no more use
                lost = f"{type(error).__name__}: {error}"[:200]
        room = max(0, 2 * self.threads - len(self.running))
        return {"answers": answers, "failed": failed, "lost": lost, "room": room}

    def _finished(self):
        from distributed import wait

        try:
            with self.client.as_current():
                return wait(list(self.running), timeout=1, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            return []

    def _fetch(self, future, answers, failed):
        """Take one answer. One that died with its worker is left to Dask, which does the job anew elsewhere."""
        if future.status not in ("finished", "error", "cancelled"):
            return
        number, _ = self.running[future]
        try:
            answer = future.result(timeout=self.patience)
        except Exception as error:
            self.running[future][1] += 1
            if future.status not in ("error", "cancelled") and self.running[future][1] < TRIES:
                return
            failed.append([number, f"{type(error).__name__}: {error}"[:200]])
        else:
            if isinstance(answer, str) and len(answer) <= MOST:
                answers.append([number, answer])
            else:
                failed.append([number, f"a worker sent {type(answer).__name__} of {sys.getsizeof(answer)} bytes"])
        del self.running[future]

    def _lost(self):
        """Why the cluster is of no more use, or an empty string; the scheduler is asked at most once a second."""
        if time.monotonic() < self.asked + 1:
            return ""
        self.asked = time.monotonic()
        listening = getattr(self.client, "_handle_report_task", None)  # it ends at what it cannot read, without a word
        if self.client.status != "running" or (listening and listening.done()):
            return "the connection to the scheduler broke"
        try:
            found = self.client.sync(self.client.scheduler.identity, callback_timeout=self.patience)["workers"]
            threads = sum(int(worker["nthreads"]) for worker in found.values())
        except Exception as error:  # of whatever kind: no answer is no cluster
            return f"the scheduler does not answer: {type(error).__name__}"
        if found:
            self.threads, self.seen = min(threads, 256), time.monotonic()
        return "all its workers are gone" if time.monotonic() > self.seen + self.patience else ""


def main(descriptor: str) -> None:
    """Serve the process at the other end of the pipe until it closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that reads us
    pipe = Connection(int(descriptor))
    guard()

    def tell(value: dict) -> None:
        pipe.send_bytes(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    try:
        courier = Courier(json.loads(pipe.recv_bytes()))
        tell({"workers": courier.workers()})
    except Exception as error:
        return tell({"error": str(error)[:300] or type(error).__name__})
    while True:
        try:
            request = json.loads(pipe.recv_bytes())
        except EOFError:
            return None
        if "parcel" in request:
            courier.submit(request["number"], request["parcel"])
        else:
            tell(courier.news())


if __name__ == "__main__":
    main(sys.argv[1])
