"""Bytes that processes started from this one read without a copy of their own."""

import weakref
from multiprocessing import context
from multiprocessing.shared_memory import SharedMemory


class SharedBytes:
    """A block of shared memory; it is gone when the process that made it lets go of it."""

    def __init__(self, memory: SharedMemory, size: int, owner: bool) -> None:
        """Take the memory, of which the first ``size`` bytes are meant."""
        self.name, self.size = memory.name, size
        self.view = _bytes_of(memory)[:size].toreadonly()
        weakref.finalize(self, _release, memory, self.view, owner)

    @classmethod
    def of(cls, data: memoryview) -> "SharedBytes":
        """Copy bytes into new shared memory."""
        memory = SharedMemory(create=True, size=len(data))
        _bytes_of(memory)[: len(data)] = data
        return cls(memory, len(data), owner=True)

    @classmethod
    def attached(cls, name: str, size: int) -> "SharedBytes":
        """Return the bytes that the process which started this one has shared."""
        return cls(SharedMemory(name), size, owner=False)


def is_starting_process() -> bool:
    """Tell whether what is being pickled now goes to a process that is being started here, which can attach."""
    return context.get_spawning_popen() is not None


def _bytes_of(memory: SharedMemory) -> memoryview:
    if memory.buf is None:
        raise ValueError("the shared memory has been closed")
    return memory.buf


def _release(memory: SharedMemory, view: memoryview, owner: bool) -> None:
    view.release()
    memory.close()
    if owner:
        memory.unlink()
