import os

import requests
import streamlit

api = os.getenv("SKINAI_API_URL", "http://127.0.0.1:8000")

streamlit.title("Skin AI Assistant")
name = streamlit.text_input("Spot", "left arm")
diameter = streamlit.number_input("Diameter in mm", min_value=0.1, value=4.0)
if streamlit.button("Save"):
    answer = requests.post(f"{api}/spots", json={"name": name, "diameter_mm": diameter}, timeout=10)
    answer.raise_for_status()
    streamlit.success(f"Saved {name}")
