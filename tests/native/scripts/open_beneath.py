"""Opens paths below a folder by openat2: tells what each led to. Run in a test build, with the folder as argument."""

import sys

import _weft

folder = _weft.open(sys.argv[1], _weft.O_RDONLY | _weft.O_DIRECTORY, 0)
for path in sys.argv[2:]:
    fd = _weft.open_beneath(folder, path, _weft.O_RDONLY)
    print(path, "None" if fd is None else _weft.fd_read(fd, 100).decode())
