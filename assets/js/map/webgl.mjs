// Whether to try WebGL 2 in this browser. `?canvas=1` says no, to see how it looks without.
// Asking for a context here only to throw it away costs more than half a second where WebGL is made in software: whether there is
// one is known for sure when the micro-grids ask for theirs.
export function mayHaveWebGL() {
  return new URLSearchParams(location.search).get("canvas") !== "1" && "WebGL2RenderingContext" in window;
}
