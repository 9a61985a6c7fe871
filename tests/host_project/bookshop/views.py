from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render

BOOKS = {"walden": "Walden", "emma": "Emma"}


@login_not_required
def home(request):
    return render(request, "home.html", {"books": BOOKS})


@login_not_required
def book(request, slug):
    return render(request, "book.html", {"title": BOOKS[slug]})


def shelf(request):
    """For members only."""
    return render(request, "shelf.html")
