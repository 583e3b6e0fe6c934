import os

import requests
import streamlit

api = os.getenv("SKINAI_API_URL", "http://127.0.0.1:8000")

streamlit.title("Admin Dashboard")
streamlit.caption(f"{requests.get(api, timeout=10).json()} at {api}")
streamlit.table(requests.get(f"{api}/spots", timeout=10).json())
