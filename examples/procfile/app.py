import os
import sqlite3

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    database = sqlite3.connect(os.environ["DATABASE"])
    (ticks,) = database.execute("select count(*) from ticks").fetchone()
    return f"{os.environ['GREETING']}: {ticks} ticks"
