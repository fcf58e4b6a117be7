"""Tests. They and the servers that they start keep their bytecode: to compile all anew takes a server's start 3 s."""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
