"""A small file system of its own, filled to the last byte and emptied again."""

import contextlib
import os
import pathlib
import subprocess
import tempfile


class SmallDisk:
    """A tmpfs. Mounting needs root, as the rest of the tests' setup does."""

    def __init__(self, size_mib):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="doudi-disk-"))
        self._as_root("mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=0777", "doudi-test", self.path)

    @staticmethod
    def _as_root(*command):
        root = [] if os.getuid() == 0 else ["sudo", "-n"]
        subprocess.run([*root, *map(str, command)], check=True, capture_output=True, timeout=60)

    def fill(self):
        """No byte is left."""
        with contextlib.suppress(OSError), (self.path / "filler").open("ab", buffering=0) as filler:
            for size in (1 << 16, 1):
                with contextlib.suppress(OSError):
                    while True:
                        filler.write(bytes(size))

    def free(self):
        (self.path / "filler").unlink()

    def read_only(self, yes):
        """Remounts, as a kernel does after a disk error."""
        self._as_root("mount", "-o", f"remount,{'ro' if yes else 'rw'}", self.path)

    def remove(self):
        self._as_root("umount", "--lazy", self.path)
        self.path.rmdir()
