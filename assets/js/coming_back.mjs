// Sockets that the server has closed: the library takes that for wanted and does not connect them again.

const WAIT_MS = 1000;

/**
 * Connect again after the server has closed the socket: a refusal then says why, and whoever may come back does. Not all at one moment.
 * @param {import("socket.io-client").Socket} socket @param {() => boolean} over whether the sign-in has ended
 */
export function comesBack(socket, over) {
  socket.on("disconnect", (reason) => {
    if (reason === "io server disconnect" && !over()) setTimeout(() => socket.connect(), WAIT_MS * (0.5 + Math.random()));
  });
}
