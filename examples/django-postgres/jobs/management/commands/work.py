import time

from django.core.management.base import BaseCommand
from django.db import transaction
from jobs.models import Job


class Command(BaseCommand):
    help = "Does the jobs, one after the other, until it is stopped"

    def handle(self, *args, **options):
        while True:
            with transaction.atomic():
                waiting = Job.objects.select_for_update(skip_locked=True).filter(result=None)
                if job := waiting.first():
                    job.result = job.text.upper()
                    job.save()
                    self.stdout.write(f"did {job.text}")
            if not job:
                time.sleep(0.5)
