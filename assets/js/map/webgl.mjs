// Whether this browser can draw with WebGL 2. `?canvas=1` says no, to see how it looks without.
export function hasWebGL() {
  if (new URLSearchParams(location.search).get("canvas") === "1") return false;
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}
