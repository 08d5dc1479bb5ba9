"""File systems and disks, read where they lie: one module per file system, each a ``base.Reader``.

Why own readers, and no mounting: mounting needs root and hands hostile bytes to the kernel;
unpacking loses device nodes, links and names that the host does not like. Every reader gives
the same tree of nodes over a blob of bytes, and a file in it is a blob again, so that an ext4
in a squashfs in a partition is read without a temporary file.

What a reader does not understand is an error that names it. A file system that looks empty
because of an unknown feature would be a bill of materials that looks complete.
"""
