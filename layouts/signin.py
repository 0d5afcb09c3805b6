"""The sign-in page."""

from __future__ import annotations

from layouts.html import Say, escape, page


def signin_page(say: Say, language: str, target: str, problem: str = "", login: str = "") -> str:
    """A form for people, and one for wall screens."""
    head = '<link rel="stylesheet" href="/assets/css/tokens.css"><link rel="stylesheet" href="/assets/plain/signin.css">'
    alert = f'<p class="signin-problem" role="alert">{escape(problem)}</p>' if problem else ""
    other = "en" if language == "zh" else "zh"
    body = f"""
<main class="signin">
  <h1>{escape(say("product.name"))}</h1>
  <p class="signin-lead">{escape(say("product.lead"))}</p>
  {alert}
  <form method="post" action="/signin">
    <input type="hidden" name="next" value="{escape(target)}">
    <label>{escape(say("signin.login"))}<input name="login" autocomplete="username" autofocus value="{escape(login)}"></label>
    <label>{escape(say("signin.password"))}<input name="password" type="password" autocomplete="current-password"></label>
    <button type="submit">{escape(say("signin.enter"))}</button>
  </form>
  <details class="signin-device"><summary>{escape(say("signin.device"))}</summary>
    <form method="post" action="/signin"><input type="hidden" name="next" value="/">
      <label>{escape(say("signin.token"))}<input name="device" autocomplete="off"></label>
      <button type="submit">{escape(say("signin.connect"))}</button></form></details>
  <form method="post" action="/language/{other}" class="signin-language">
    <input type="hidden" name="next" value="/signin"><button type="submit" class="link">{escape(say("language.other"))}</button></form>
</main>"""
    return page(language, say("signin.title"), "plain", head, body)
