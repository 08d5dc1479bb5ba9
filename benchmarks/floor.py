"""The least that reading an image costs: every layer decompressed (ISA-L) and hashed (SHA-256), one after the other.

python benchmarks/floor.py ARCHIVE.oci.tar

prints the number of layers and of bytes.
"""

import hashlib
import json
import sys
import tarfile

from isal import igzip

with tarfile.open(sys.argv[1]) as archive:

    def blob(digest: str):
        return archive.extractfile("blobs/" + digest.replace(":", "/"))

    index = json.load(archive.extractfile("index.json"))
    layers = json.load(blob(index["manifests"][0]["digest"]))["layers"]
    size = 0
    for layer in layers:
        sha256 = hashlib.sha256()
        with igzip.IGzipFile(fileobj=blob(layer["digest"])) as stream:
            while piece := stream.read(1 << 20):
                sha256.update(piece)
                size += len(piece)
    print(len(layers), size)
