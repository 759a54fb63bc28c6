#!/usr/bin/env bash
# HDF5 up to 1.14.2: the address of a chunk leaves out the user block, that of a contiguous data set does not.
#
# A file may begin with a user block (h5py: userblock_size=512; MATLAB's .mat files of version 7.3 have one of 512 bytes). Programs that
# read the bytes of a data set themselves (kerchunk, memory maps, our own streaming) ask HDF5 where they lie: H5Dget_offset for a contiguous
# data set, H5Dget_chunk_info or H5Dget_chunk_info_by_coord for chunks. With HDF5 1.14.2 (h5py 3.11.0; also Debian 12's 1.10.8) the first counts the
# user block and the second does not: the chunk is read 512 bytes too early, without an error. With HDF5 1.14.4 (h5py 3.12.1) both
# count it.
#
# Seen (the first value of chunk 3, which is 300, found at the address told; and the first of the contiguous set, which is 0):
#   h5py 3.11.0, HDF5 1.14.2: user block 0: 300 0; user block 512: 172 0
#   h5py 3.12.1, HDF5 1.14.4: user block 0: 300 0; user block 512: 300 0
#
# So snnsim reads data sets of a file with a user block through HDF5, never by their address (src/io/hdf5_data.cpp).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/look.py" <<'PYTHON'
import sys

import h5py
import numpy as np

found = []
for block in (0, 512):
    path = f"{sys.argv[1]}/{block}.h5"
    values = np.arange(1000, dtype="<i4").reshape(100, 10)
    with h5py.File(path, "w", userblock_size=block) as file:
        file.create_dataset("chunked", data=values, chunks=(10, 10))
        file.create_dataset("contiguous", data=values)
    with h5py.File(path) as file:
        places = file["chunked"].id.get_chunk_info(3).byte_offset, file["contiguous"].id.get_offset()
    stored = open(path, "rb").read()
    first = [int.from_bytes(stored[at:at + 4], "little") for at in places]
    found.append(f"user block {block}: {first[0]} {first[1]}")
print(f"h5py {h5py.version.version}, HDF5 {h5py.version.hdf5_version}: {'; '.join(found)}")
PYTHON
for version in 3.11.0 3.12.1; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "h5py==$version" "numpy==1.26.4"
    "$folder/$version/bin/python" "$folder/look.py" "$folder"
done | tee "$folder/seen"
diff "$folder/seen" - <<'TEXT'
h5py 3.11.0, HDF5 1.14.2: user block 0: 300 0; user block 512: 172 0
h5py 3.12.1, HDF5 1.14.4: user block 0: 300 0; user block 512: 300 0
TEXT
