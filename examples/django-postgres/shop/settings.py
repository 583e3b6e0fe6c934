import os

DEBUG = True
SECRET_KEY = "for this machine alone"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["jobs"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        # The launcher tells every service where the database is.
        "PORT": os.environ["DB_PORT"],
        "USER": "app",
        "NAME": "postgres",
    }
}
