// What the server says of another period or category: its page and what the map draws, asked for
// once and kept for a short while.

const AGAIN_MS = 700;
const KEEP_MS = 60_000;
const MOST = 12;
const kept = new Map();

// The answer is no view but a page of its own, such as an error: it is to be gone to.
export class OtherPage extends Error {}

export async function viewOf(address, { signal, onWait } = {}) {
  const key = keyOf(address);
  const known = kept.get(key);
  if (known && Date.now() - known.since < KEEP_MS) return known.view;
  const page = await askedFor(key, "text/html", signal, onWait);
  if (!page) return null;
  const parsed = new DOMParser().parseFromString(await page.text(), "text/html");
  const url = parsed.getElementById("map")?.dataset.view;
  if (!url) throw new OtherPage();
  const answer = await askedFor(url, "application/json", signal, onWait);
  if (!answer) return null;
  const view = { page: parsed, data: await answer.json() };
  keep(key, view);
  return view;
}

// Two addresses of one view differ in the layer and in the part of the map.
export function keyOf(address) {
  const url = new URL(address, location.href);
  url.searchParams.delete("layer");
  url.searchParams.sort();
  return `${url.pathname}?${url.searchParams}`;
}

export async function jsonOf(url, onWait) {
  const answer = await askedFor(url, "application/json", undefined, onWait);
  return answer.json();
}

// A view that is being computed is asked for again, unless nobody waits for it.
async function askedFor(url, accept, signal, onWait) {
  for (;;) {
    const answer = await fetch(url, { headers: { Accept: accept }, signal });
    if (answer.status !== 202) {
      if (!answer.ok) throw new OtherPage();
      return answer;
    }
    if (!onWait) return null;
    onWait(shareDone(await answer.text()));
    await new Promise((go) => setTimeout(go, AGAIN_MS));
    signal?.throwIfAborted();
  }
}

function shareDone(text) {
  const bar = new DOMParser().parseFromString(text, "text/html").querySelector("progress[value]");
  return bar ? Number(bar.getAttribute("value")) : null;
}

function keep(key, view) {
  kept.delete(key);
  kept.set(key, { view, since: Date.now() });
  if (kept.size > MOST) kept.delete(kept.keys().next().value);
}
