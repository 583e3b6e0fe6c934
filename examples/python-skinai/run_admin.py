import os
import subprocess
import sys

from utils.port_utils import get_free_port, is_port_free


def main():
    admin_port_env = os.getenv("ADMIN_PORT")
    if admin_port_env:
        admin_port = int(admin_port_env)
        # Verify the specified port is actually free
        if not is_port_free(admin_port):
            print(f"[Admin] WARNING: Specified port {admin_port} is in use, finding alternative...")
            admin_port = get_free_port(8000, 9000)
            os.environ["ADMIN_PORT"] = str(admin_port)
    else:
        # Dynamically find any free port in wide range
        admin_port = get_free_port(8000, 9000)
        os.environ["ADMIN_PORT"] = str(admin_port)

    # The document leaves off here.
    os.environ.setdefault("SKINAI_API_URL", f"http://127.0.0.1:{os.getenv('BACKEND_PORT', '8000')}")
    page = ["streamlit", "run", "admin/page.py", "--server.port", str(admin_port)]
    sys.exit(subprocess.call([sys.executable, "-m", *page]))


if __name__ == "__main__":
    main()
