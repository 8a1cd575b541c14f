"""Who gets in and what an answer may do: the gate, logins, tokens against forged requests, headers.

What belongs here: everything that happens before and after a page's own work. What does not: the passwords themselves
(``dash_app.users``).
"""

from dash_app.security.gate import guard
from dash_app.security.headers import add_headers, protect
from dash_app.security.pages import add_pages
from dash_app.security.secret import secret_key

__all__ = ["add_headers", "add_pages", "guard", "protect", "secret_key"]
