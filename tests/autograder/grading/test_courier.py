"""In the process that speaks with a cluster no pickle finds a class, whatever way it comes; memory is bounded."""

import pickle
import subprocess
import sys

import pytest

from autograder.grading import courier


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def run(program, data=b""):
    """A process of its own that has loaded courier.py as it is started, then runs `program` on its input."""
    load = f"import runpy, sys; courier = runpy.run_path({courier.__file__!r}); data = sys.stdin.buffer.read()\n"
    return subprocess.run([sys.executable, "-P", "-c", load + program], input=data, capture_output=True, timeout=60)


GUARD = "courier['guard']()\n"
WAYS = {
    "a pickle": "import pickle; pickle.loads(data)",
    "Python's own unpickler": "import io, pickle; pickle._Unpickler(io.BytesIO(data)).load()",
    "a result": (
        "from distributed.protocol import deserialize; "
        "deserialize({'serializer': 'pickle', 'writeable': ()}, [data], deserializers=None)"
    ),
    "Dask's type": "from distributed.protocol.serialize import dask_loads; dask_loads({'type-serialized': data}, [])",
    "Dask's mark, which no setting turns off": (
        "import msgpack; from distributed.protocol import loads; "
        "head = msgpack.dumps({'pickled-obj': data, 'num-sub-frames': 0}); "
        "loads([msgpack.dumps({'x': {'__Pickled__': 1}}), head], deserializers=['msgpack'])"
    ),
    "an error": "from distributed.core import clean_exception; clean_exception(data)",
    "an event": "from distributed.client import _handle_warn; _handle_warn((0, {'message': data}))",
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_pickle_bomb_does_not_go_off(way, tmp_path):
    """Every way of distributed's into pickle; without the guard each of them goes off."""
    for guard, went_off in (("", True), (GUARD, False)):
        marker = tmp_path / f"marker{went_off}"
        found = run(guard + way, pickle.dumps(Bomb(marker)))
        assert marker.exists() == went_off, found.stderr.decode()


def test_plain_data_still_comes_through():
    assert (
        run(
            f"{GUARD}import pickle; assert pickle.loads(data) == [1, 'a', b'b']", pickle.dumps([1, "a", b"b"])
        ).returncode
        == 0
    )


def test_enums_in_messages_import_nothing():
    program = "from distributed.protocol.serialize import msgpack_decode_default as decode\n"
    program += "decode({'__Enum__': 1, '__module__': 'dask.system', '__name__': 'x', 'name': 'y'})"
    assert b"Importing 'dask.system' is not allowed" in run(GUARD + program).stderr


def test_memory_is_bounded():
    assert b"MemoryError" in run(f"{GUARD}bytes(3 * 2**30)").stderr


def test_a_scheduler_passes_jobs_on_without_loading_the_grader():
    """It would answer nobody meanwhile; Dask pickles a task again for the worker, by name if it can."""
    from distributed.protocol.pickle import dumps

    forward = "import sys; from distributed.protocol.pickle import dumps, loads; dumps(loads(sys.stdin.buffer.read()))"
    check = f"{forward}; sys.exit(any(name.startswith('autograder') for name in sys.modules))"
    for function in (courier.on_worker, courier.version_there):
        subprocess.run([sys.executable, "-c", check], input=dumps(function), check=True, timeout=60)
