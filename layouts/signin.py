"""The sign-in page."""

from __future__ import annotations

from dataclasses import dataclass

from layouts.html import Say, escape, page


@dataclass(frozen=True)
class SignIn:
    """Where to go afterwards, what is wrong, who was typed; `half` carries the password's step while the code is asked for.

    `elsewhere` is the name of an OpenID Connect provider, empty when there is none.
    """

    target: str = "/"
    problem: str = ""
    login: str = ""
    half: str = ""
    elsewhere: str = ""


def signin_page(say: Say, language: str, view: SignIn) -> str:
    """A form for people, and one for wall screens; while a code is wanted, only that."""
    head = '<link rel="stylesheet" href="/assets/css/tokens.css"><link rel="stylesheet" href="/assets/plain/signin.css">'
    alert = f'<p class="signin-problem" role="alert">{escape(view.problem)}</p>' if view.problem else ""
    other = "en" if language == "zh" else "zh"
    body = f"""
<main class="signin">
  <h1>{escape(say("product.name"))}</h1>
  <p class="signin-lead">{escape(say("product.lead"))}</p>
  {alert}
  {_code(say, view) if view.half else _ways(say, view)}
  <form method="post" action="/language/{other}" class="signin-language">
    <input type="hidden" name="next" value="/signin"><button type="submit" class="link">{escape(say("language.other"))}</button></form>
</main>"""
    return page(language, say("signin.title"), "plain", head, body)


def _ways(say: Say, view: SignIn) -> str:
    elsewhere = f'<a class="button" href="/signin/elsewhere">{escape(view.elsewhere)}</a>' if view.elsewhere else ""
    return f"""<form method="post" action="/signin">
    <input type="hidden" name="next" value="{escape(view.target)}">
    <label>{escape(say("signin.login"))}<input name="login" autocomplete="username" autofocus value="{escape(view.login)}"></label>
    <label>{escape(say("signin.password"))}<input name="password" type="password" autocomplete="current-password"></label>
    <button type="submit">{escape(say("signin.enter"))}</button>
  </form>
  {elsewhere}
  <details class="signin-device"><summary>{escape(say("signin.device"))}</summary>
    <form method="post" action="/signin"><input type="hidden" name="next" value="/">
      <label>{escape(say("signin.token"))}<input name="device" autocomplete="off"></label>
      <button type="submit">{escape(say("signin.connect"))}</button></form></details>"""


def _code(say: Say, view: SignIn) -> str:
    code = '<input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="8" autofocus required>'
    return f"""<form method="post" action="/signin">
    <input type="hidden" name="next" value="{escape(view.target)}"><input type="hidden" name="half" value="{escape(view.half)}">
    <label>{escape(say("signin.code"))}{code}</label>
    <button type="submit">{escape(say("signin.enter"))}</button>
  </form>
  <a href="/signin">{escape(say("signin.again"))}</a>"""
