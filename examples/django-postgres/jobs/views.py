from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from .models import Job


def index(request):
    return JsonResponse(list(Job.objects.order_by("id").values("text", "result")), safe=False)


@require_POST
def add(request, text):
    Job.objects.create(text=text)
    return HttpResponse(status=201)


def health(request):
    Job.objects.exists()
    return HttpResponse("ok")
