from django.db import models


class Job(models.Model):
    text = models.TextField()
    result = models.TextField(null=True)
