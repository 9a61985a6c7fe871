from __future__ import annotations


def greeting(request):
    """Says hello on each page, and so asks on each page who is there."""
    user = request.user
    return {"greeting": f"Hello, {user}" if user.is_authenticated else "Hello"}
