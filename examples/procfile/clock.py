"""A worker without a port: writes the time down once a second."""

import os
import sqlite3
import time

database = sqlite3.connect(os.environ["DATABASE"])
while True:
    with database:
        database.execute("insert into ticks values (datetime('now'))")
    time.sleep(1)
