"""The tree of a log's entries, with the hashes that its tiles hold (src/log/FORMAT.md sections 2 and 10)."""

from . import proofs


class Tree:
    """The tree of the bundle's entries, leaf by leaf; keeps the hashes that its tiles hold."""

    def __init__(self):
        self.size = 0
        self._edge = []
        self.levels = [[]]

    def append(self, leaf):
        """Adds a leaf hash."""
        self.levels[0].append(leaf)
        height, number, node = 0, self.size, leaf
        while number & 1:
            node = proofs.node_hash(self._edge.pop(), node)
            height, number = height + 1, number >> 1
            if height % 8 == 0:
                if len(self.levels) == height // 8:
                    self.levels.append([])
                self.levels[height // 8].append(node)
        self._edge.append(node)
        self.size += 1

    def root(self):
        """The root now."""
        if not self._edge:
            return proofs.EMPTY_ROOT
        node = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            node = proofs.node_hash(left, node)
        return node

    def root_at(self, size):
        """The root at an older size; None beyond this one."""
        if size > self.size:
            return None
        if size == 0:
            return proofs.EMPTY_ROOT
        nodes, start = [], 0
        for height in reversed(range(size.bit_length())):
            if size >> height & 1:
                nodes.append(self._complete(start, height))
                start += 1 << height
        root = nodes.pop()
        while nodes:
            root = proofs.node_hash(nodes.pop(), root)
        return root

    def _complete(self, start, height):
        """The hash of a complete subtree."""
        level = min(height // 8, len(self.levels) - 1)
        row = self.levels[level][start >> 8 * level : (start >> 8 * level) + (1 << height - 8 * level)]
        while len(row) > 1:
            row = [proofs.node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]
