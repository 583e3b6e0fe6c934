from django.urls import path
from jobs import views

urlpatterns = [path("", views.index), path("health", views.health), path("jobs/<str:text>", views.add)]
