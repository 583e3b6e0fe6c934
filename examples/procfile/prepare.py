"""Runs to its end before the others: makes the database."""

import os
import sqlite3

with sqlite3.connect(os.environ["DATABASE"]) as database:
    database.execute("create table if not exists ticks (at text)")
