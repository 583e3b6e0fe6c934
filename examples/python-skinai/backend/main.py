import os

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
spots = []


class Spot(BaseModel):
    name: str
    diameter_mm: float


@app.get("/")
def who_answers():
    return f"backend {os.getpid()}"


@app.get("/health")
def health():
    return "ok"


@app.get("/spots")
def list_spots() -> list[Spot]:
    return spots


@app.post("/spots")
def add_spot(spot: Spot):
    spots.append(spot)
