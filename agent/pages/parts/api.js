// The agent's local API: one exchange, and what its ending means.
//
//   Problem   the agent said no, in words for a person (`detail` names the next step)
//   Unpaired  the agent does not know this browser (yet, or any more)
//   Away      no answer: it may or may not have taken effect, so only the same key may be sent again

const ANSWER_MS_MAX = 15_000; // a write waits for the disk; longer than this and the answer is taken as lost
const GONE = [502, 503, 504];

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.code ?? "";
    this.body = body;
  }
}
export class Unpaired extends Problem {}
export class Away extends Error {}

/** Read `path`. Raises Problem, Unpaired or Away; `longest` in ms, for what takes its time. */
export function read(path, longest = ANSWER_MS_MAX) {
  return exchange("GET", path, undefined, undefined, [], longest);
}

/** Write once under `key`; the same key may be sent again until an answer comes. `leave`: tokens of who allowed it. */
export function write(method, path, body, key, leave = []) {
  return exchange(method, path, body, key, leave);
}

/** A key for one write; crypto.randomUUID exists only on secure origins, which http://localhost is. */
export function newKey() {
  return crypto.randomUUID();
}

async function exchange(method, path, body, key, leave = [], longest = ANSWER_MS_MAX) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (leave.length) headers["Stillopen-Override"] = leave.join(",");
  const lost = new AbortController();
  const timer = setTimeout(() => lost.abort(), longest);
  try {
    const response = await fetch(path, {
      method, headers, signal: lost.signal, cache: "no-store", credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = response.status === 204 ? {} : await json(response);
    if (response.ok) return answer;
    if (response.status === 401) throw new Unpaired(401, answer);
    if (GONE.includes(response.status)) throw new Away(answer.detail ?? response.statusText);
    throw new Problem(response.status, answer);
  } catch (error) {
    if (error instanceof Problem || error instanceof Away) throw error;
    throw new Away(String(error));
  } finally {
    clearTimeout(timer);
  }
}

async function json(response) {
  const text = await response.text(); // a line cut in mid-answer fails here, and is Away
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    if (response.ok) throw new Away("half an answer");
    return { detail: text.slice(0, 200) };
  }
}
