import os
import subprocess
import sys

from utils.port_utils import get_free_port, is_port_free


def main():
    ui_port_env = os.getenv("UI_PORT")
    if ui_port_env:
        ui_port = int(ui_port_env)
        # Verify the specified port is actually free
        if not is_port_free(ui_port):
            print(f"[UI] WARNING: Specified port {ui_port} is in use, finding alternative...")
            ui_port = get_free_port(8000, 9000)
            os.environ["UI_PORT"] = str(ui_port)
    else:
        # Dynamically find any free port in wide range
        ui_port = get_free_port(8000, 9000)
        os.environ["UI_PORT"] = str(ui_port)

    # The document leaves off here.
    os.environ.setdefault("SKINAI_API_URL", f"http://127.0.0.1:{os.getenv('BACKEND_PORT', '8000')}")
    page = ["streamlit", "run", "ui/page.py", "--server.port", str(ui_port)]
    sys.exit(subprocess.call([sys.executable, "-m", *page]))


if __name__ == "__main__":
    main()
