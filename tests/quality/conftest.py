"""The tests of the bootstrap call small shell scripts: they are collected where there is a shell."""

import os

collect_ignore = ["test_dev.py"] if os.name == "nt" else []
