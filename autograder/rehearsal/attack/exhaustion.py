"""Submissions that use up what there is: time, memory, processes, disk, output, messages. Run with small limits.

Never run without a sandbox. `gram_matrix` is wrong; its cell comes after the bomb; the other exercise keeps its points.
"""

from autograder.rehearsal.attack.case import MAIN, Draft, corpus

case = corpus("adversarial", gram_matrix=0)


@case(bomb=True)
def fork_bomb(draft: Draft):
    """Forks without end"""
    draft.attack("""
        import os, time
        for _ in range(2000):
            try:
                if os.fork() == 0:
                    time.sleep(60)
                    os._exit(0)
            except OSError:
                time.sleep(0.01)
    """)


@case(bomb=True)
def thread_bomb(draft: Draft):
    """Starts threads without end"""
    draft.attack("""
        import threading, time
        for _ in range(3000):
            try:
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            except RuntimeError:
                time.sleep(0.01)
                break
    """)


@case(bomb=True)
def memory_bomb(draft: Draft):
    """Fills memory, in the cell and in children"""
    draft.attack("""
        import os, time
        for _ in range(4):
            if os.fork() == 0:
                hoard = [bytearray(b"x" * (32 << 20)) for _ in range(64)]
                time.sleep(60)
        hoard = []
        while True:
            hoard.append(bytearray(b"x" * (32 << 20)))
    """)


@case(bomb=True)
def memory_in_the_call(draft: Draft):
    """Fills memory when called"""
    draft.answer("gram_matrix", "def gram_matrix(F):\n    return np.ones((10**6, 10**5))")


@case(bomb=True)
def memory_that_nobody_maps(draft: Draft):
    """Shared memory, written and then let go of: it stays, and no process seems to hold it"""
    draft.attack("""
        import mmap, os, time
        held = []
        for number in range(20):
            where = os.open("/dev/zero", os.O_RDWR) if number % 2 else -1
            shared = mmap.mmap(where, 100 << 20)
            for page in range(0, len(shared), 4096):
                shared[page] = 1
            shared.madvise(mmap.MADV_DONTNEED)
            held.append(shared)
        time.sleep(3)
    """)


@case(bomb=True)
def full_sockets(draft: Draft):
    """Messages that nobody reads wait in sockets, in large buffers, some sent away in other sockets"""
    draft.attack("""
        import os, socket, time
        def fill():
            held, carrier = [], socket.socketpair()
            carrier[0].setblocking(False)
            try:
                while len(held) < 200:
                    pair = socket.socketpair()
                    for end in pair:
                        end.setblocking(False)
                        try:
                            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
                        except OSError:
                            pass
                        try:
                            while True:
                                end.send(bytes(1 << 16))
                        except OSError:
                            pass
                    held.append(pair)
                    if len(held) % 2:
                        socket.send_fds(carrier[0], [b"x"], [end.fileno() for end in held.pop()])
            except OSError:
                pass
            time.sleep(20)
        for _ in range(3):
            if os.fork() == 0:
                fill()
        time.sleep(5)
    """)


@case(bomb=True)
def spinning_sessions(draft: Draft):
    """Children in sessions of their own spin behind the cell's back, each for a share of the processors of its own"""
    draft.attack("""
        import os
        for _ in range(20):
            if os.fork() == 0:
                os.setsid()
                while True:
                    pass
    """)


@case(bomb=True)
def children_nobody_waits_for(draft: Draft):
    """Short-lived children whose end is ignored: their processor time is nobody's"""
    draft.attack("""
        import os, signal, time
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        except OSError:
            pass
        end = time.monotonic() + 120
        while time.monotonic() < end:
            for _ in range(6):
                if os.fork() == 0:
                    stop = time.process_time() + 0.03
                    while time.process_time() < stop:
                        pass
                    os._exit(0)
            time.sleep(0.1)
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
    """)


@case(bomb=True)
def works_on_between_cells(draft: Draft):
    """Threads of C code compute on when the cell has ended, at every cell and call again"""
    draft.attack("""
        import threading
        def spin():
            import numpy as np
            square = np.random.default_rng(0).normal(size=(900, 900))
            while True:
                square = np.tanh(square @ square)
        for _ in range(4):
            threading.Thread(target=spin, daemon=True).start()
    """)


@case(bomb=True)
def disk_bomb(draft: Draft):
    """Fills every disk that can be written, with one file and with many"""
    draft.attack("""
        for place in ("/tmp", "/home/student", "/dev/shm", "/run/kernel", "."):
            try:
                with open(place + "/big", "wb") as file:
                    for _ in range(1000):
                        file.write(b"x" * (1 << 20))
            except OSError:
                pass
        for number in range(100_000):
            try:
                open(f"/tmp/{number}", "w").close()
            except OSError:
                break
    """)


@case(bomb=True)
def output_bomb(draft: Draft):
    """Prints without end, in the cell, in the call and from C"""
    draft.attack("""
        import os
        for _ in range(40_000):
            print("x" * 1000)
        for _ in range(20_000):
            os.write(1, b"y" * 1000)
            os.write(2, b"z" * 1000)
    """)
    draft.answer(
        "gram_matrix",
        """
        def gram_matrix(F):
            for _ in range(20_000):
                print("x" * 1000)
            return np.zeros((len(F), len(F)))
        """,
    )


@case(bomb=True, due={"gram_matrix": 0, "gram_matrices": None})
def huge_message(draft: Draft):
    """One message of a gigabyte, and many of a megabyte, on the socket where an answer is awaited"""
    draft.attack("""
        kernel = get_ipython().kernel
        def forged(stream, ident, parent):
            for _ in range(400):
                kernel.session.send(stream, "grade_reply", {"lines": ["x" * (1 << 20)]}, parent, ident=ident)
            kernel.session.send(stream, "grade_reply", {"lines": ["x" * (1 << 28)]}, parent, ident=ident)
        for name in list(kernel.shell_handlers):
            if name.startswith("grade"):
                kernel.shell_handlers[name] = forged
    """)


@case(bomb=True)
def deep_json_reply(draft: Draft):
    """A reply nested a million deep, and one that is a number of a million digits"""
    draft.attack("""
        import gc
        deep = "[" * 1_000_000 + "]" * 1_000_000
        for scope in gc.get_objects():
            if isinstance(scope, dict) and "KEPT" in scope and "tagged" in scope:
                text = f"{deep}\\n{'9' * 10**6}\\n".encode()
                scope["write_all"] = lambda fd, data, os=scope["os"], text=text: os.write(fd, text)
    """)


@case(bomb=True)
def never_returns(draft: Draft):
    """Computes for ever when called"""
    draft.answer("gram_matrix", "def gram_matrix(F):\n    while True:\n        F = F * 1.0")


@case(bomb=True)
def deaf_to_signals(draft: Draft):
    """Sleeps for ever in its cell and ignores every signal"""
    draft.attack("""
        import signal, time
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError, RuntimeError):
                pass
        while True:
            time.sleep(1)
    """)


@case(bomb=True)
def endless_recursion(draft: Draft):
    """Recursion without a limit breaks the interpreter's stack"""
    draft.answer(
        "gram_matrix",
        """
        import sys
        sys.setrecursionlimit(10**9)
        def gram_matrix(F):
            return gram_matrix(F)
        """,
    )


@case(bomb=True)
def descriptor_bomb(draft: Draft):
    """Opens files without closing them"""
    draft.attack("""
        held = []
        try:
            while True:
                held.append(open("/dev/null"))
        except OSError:
            pass
    """)


@case(bomb=True, due={"*": 0})
def deep_notebook(draft: Draft):
    """The notebook file is a list nested two million deep"""
    draft.files[f"{MAIN}.ipynb"] = b'{"cells": ' + b"[" * 2_000_000


@case(bomb=True, due={"*": 0})
def endless_number(draft: Draft):
    """The notebook file holds a number of a million digits"""
    draft.files[f"{MAIN}.ipynb"] = b'{"nbformat": ' + b"9" * 1_000_000 + b', "cells": []}'
