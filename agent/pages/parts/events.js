// The agent's events, heard for as long as the page lives.

const DELAY_MS_FIRST = 250;
const DELAY_MS_MAX = 3_000; // an agent that restarts is back within seconds; the cashier should not wait longer

/**
 * Listen for ever. `onEvent(event)` for each event; `onUp()` when connected (read the state again:
 * events may have been missed), `onDown()` when the line to the agent is gone. `till`: the one that is rung at here,
 * whose own scanner rings nothing while nobody is signed in.
 */
export function listen({ onEvent, onUp, onDown, till }) {
  let delay = DELAY_MS_FIRST;
  let timer;
  const connect = () => {
    clearTimeout(timer);
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/events${till ? `?till=${encodeURIComponent(till)}` : ""}`);
    socket.addEventListener("open", () => {
      delay = DELAY_MS_FIRST;
      onUp();
    });
    socket.addEventListener("message", (message) => {
      let event;
      try {
        event = JSON.parse(message.data);
      } catch {
        return; // not ours
      }
      onEvent(event);
    });
    socket.addEventListener("close", () => {
      onDown();
      timer = setTimeout(connect, delay * (0.5 + Math.random() / 2));
      delay = Math.min(delay * 2, DELAY_MS_MAX);
    });
  };
  connect();
}
