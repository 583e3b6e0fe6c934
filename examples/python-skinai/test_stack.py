"""Run beside the stack: `skinai run -- python -m unittest`."""

import os
import unittest

from streamlit.testing.v1 import AppTest

# The command has the address of each service in NAME_URL.
os.environ["SKINAI_API_URL"] = os.environ["BACKEND_URL"]


class Pages(unittest.TestCase):
    def test_admin_shows_what_the_ui_saves(self):
        ui = AppTest.from_file("ui/page.py", default_timeout=60).run()
        ui.text_input[0].set_value("right knee")
        ui.button[0].click().run()
        self.assertEqual([message.value for message in ui.success], ["Saved right knee"])
        admin = AppTest.from_file("admin/page.py", default_timeout=60).run()
        self.assertFalse(admin.exception)
        self.assertIn("right knee", admin.table[0].value.to_string())


if __name__ == "__main__":
    unittest.main()
