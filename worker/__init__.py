"""The worker process: the only place that wires implementations to ports.

Without the server's packages, importing it ends the process with a sentence.
"""

from munadi.cli.exits import refusal_ends_process
from munadi.cli.extras import SERVER, require

with refusal_ends_process():
    require(SERVER, __name__)
