// The form of an export: what a tier may not have is not offered, and the page stays while the
// file is made. Without this script the form works as it is, and the server refuses.

const AGAIN_MS = 60_000;
const form = document.getElementById("export-form");
const button = document.getElementById("make");
const made = document.getElementById("made");
const elapsed = document.getElementById("elapsed");
const refusal = document.getElementById("export-error");
const label = button.textContent;
let busy = false;
let began = 0;

form.addEventListener("change", offer);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!busy) make();
});
window.addEventListener("pageshow", offer); // a page gone back to keeps what was chosen
offer();

// Until it is said for whom, all is offered; then what shows single incidents only where it may.
function offer() {
  const tier = form.querySelector("input[name=tier]:checked");
  const allowed = !tier || Object.hasOwn(tier.dataset, "points");
  for (const kind of form.querySelectorAll("input[name=kind][data-points]")) {
    kind.disabled = !allowed;
    if (!allowed && kind.checked) {
      kind.checked = false;
      tell("", `Choose what to make: single incidents are only for ${form.dataset.needs}.`);
    }
  }
}

async function make() {
  const sent = new URLSearchParams(new FormData(form));
  work(true);
  tell("Being made: a briefing can take half a minute. Keep this page open; other pages can be used in another tab.");
  try {
    const answer = await fetch(form.action, { method: "POST", body: sent, signal: AbortSignal.timeout(10 * AGAIN_MS) });
    if (answer.ok && answer.headers.has("Content-Disposition")) await keep(answer);
    else tell("", whyNot(await pageOf(answer)));
  } catch {
    tell("", "No answer from the server: ask again, and see the list below for whether it was made.");
  }
  work(false);
}

async function keep(answer) {
  const [, name] = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition")) ?? [null, "export"];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), AGAIN_MS);
  const said = decodeURIComponent(answer.headers.get("Hotspots-Said") ?? "");
  tell([`Made: ${name}`, said].filter(Boolean).join("\n"));
  await showLog();
}

async function showLog() {
  const page = await pageOf(await fetch(location.href, { headers: { Accept: "text/html" } }));
  const fresh = page.getElementById("log");
  if (fresh) document.getElementById("log").replaceWith(document.importNode(fresh, true));
}

async function pageOf(answer) {
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function whyNot(page) {
  const said = page.querySelector("#export-error:not([hidden]), .message p")?.textContent.trim();
  return said || "The file could not be made: load this page again.";
}

function tell(good, bad = "") {
  made.textContent = good;
  refusal.textContent = bad;
  refusal.hidden = !bad;
  if (bad) refusal.scrollIntoView({ block: "nearest" });
}

// Who leaves while the file is made would lose it, and it would be in the log all the same.
window.addEventListener("beforeunload", (event) => {
  if (busy) event.preventDefault();
});

setInterval(() => {
  elapsed.textContent = busy ? `${Math.round((Date.now() - began) / 1000)} s` : "";
}, 1000);

function work(on) {
  busy = on;
  began = Date.now();
  elapsed.textContent = on ? "0 s" : "";
  // not disabled: what has the focus must keep it
  button.setAttribute("aria-disabled", String(on));
  button.textContent = on ? "Being made…" : label;
  form.setAttribute("aria-busy", String(on));
}
