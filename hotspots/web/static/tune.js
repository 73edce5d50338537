// Settings: as they move, both maps and what each setting costs are asked for; when they rest, they
// are scored on the past. Without this script the form asks for its page.

const REST_MS = 120;
const SCORE_REST_MS = 1500;
const AGAIN_MS = 700;
const page = document.getElementById("tune");
const form = document.getElementById("settings");
const maps = document.getElementById("maps");
const scores = document.getElementById("scores");
const verdict = document.getElementById("verdict");
const refusal = document.getElementById("preview-error");
const everything = document.getElementById("all_history");

let resting = 0;
let scoring = 0;
let previewing = null;
let judging = null;
let mended = !form.querySelector("[aria-invalid]");

for (const slide of form.querySelectorAll(".slide")) setUpSlide(slide);
form.addEventListener("input", (event) => changed(event.target));
form.addEventListener("submit", (event) => {
  event.preventDefault(); // Enter in a field
  ask(0);
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) ask(0);
});
if (!scores.firstElementChild && mended) askScores(0);

// The slider and the number are one setting; the end of the memory's slider is all history.
function setUpSlide(slide) {
  const typed = document.getElementById(slide.dataset.for);
  slide.addEventListener("input", () => {
    typed.value = slide.value;
    if (typed.id === "half_life_weeks") everything.checked = slide.value === slide.max;
    speak(slide);
  });
  typed.addEventListener("input", () => {
    if (typed.id === "half_life_weeks") everything.checked = false;
    if (typed.value !== "") slide.value = typed.value;
    speak(slide);
  });
  speak(slide);
}

function speak(slide) {
  const { before, unit } = slide.dataset;
  const all = slide.dataset.for === "half_life_weeks" && everything.checked;
  slide.setAttribute("aria-valuetext", all ? "all history" : [before, slide.value, unit].filter(Boolean).join(" "));
}

function changed(target) {
  if (target === everything) {
    const slide = document.getElementById("slide-half_life_weeks");
    if (everything.checked) slide.value = slide.max;
    else if (document.getElementById("half_life_weeks").value === "") {
      document.getElementById("half_life_weeks").value = "104";
      slide.value = "104";
    }
    speak(slide);
  }
  ask(REST_MS);
}

function ask(after) {
  clearTimeout(resting);
  resting = setTimeout(preview, after);
  forget();
}

// What was scored are other settings.
function forget() {
  judging?.abort();
  clearTimeout(scoring);
  for (const part of [scores, verdict]) part.setAttribute("aria-busy", "true");
}

function query() {
  return new URLSearchParams(new FormData(form)).toString();
}

// The last answer wins: one that is still under way is given up.
async function preview() {
  previewing?.abort();
  previewing = new AbortController();
  const { signal } = previewing;
  const asked = query();
  maps.setAttribute("aria-busy", "true");
  try {
    const answer = await answerOf(`${page.dataset.preview}?${asked}`, signal);
    show(await answer.json());
    history.replaceState(null, "", `${location.pathname}?${asked}`);
  } catch (error) {
    if (error.name === "AbortError") return;
    refuse("No answer from the server: change a setting to ask again.");
  }
  maps.setAttribute("aria-busy", "false");
  if (mended) askScores(SCORE_REST_MS);
}

// Where others' previews are being made this one is asked for again.
async function answerOf(url, signal) {
  for (;;) {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, signal });
    if (answer.status !== 503) return answer;
    await new Promise((go) => setTimeout(go, AGAIN_MS));
    signal.throwIfAborted();
  }
}

function show(said) {
  for (const setting of form.querySelectorAll("[data-setting]")) tell(setting, said);
  refuse(said.error ?? "");
  mended = !said.error && Object.keys(said.errors ?? {}).length === 0;
  if (said.settings) keepSettings(said.settings);
  if (said.changes) showChanges(said.changes);
  document.getElementById("keep").disabled = !mended;
  if (!mended) say("Not scored", "Settings must be mended first.");
  if (!mended || !said.maps?.length) return;
  document.getElementById("agreement").textContent = said.agreement;
  said.maps.forEach((svg, side) => {
    document.getElementById(`map-title-${side}`).textContent = said.names[side];
    const drawn = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    document.getElementById(`map-${side}`).replaceChildren(document.importNode(drawn, true));
  });
  showLegend(said.legend);
}

function tell(setting, said) {
  const name = setting.dataset.setting;
  const error = said.errors?.[name] ?? "";
  setting.classList.toggle("wrong", Boolean(error));
  const typed = document.getElementById(name);
  if (error) typed.setAttribute("aria-invalid", "true");
  else typed.removeAttribute("aria-invalid");
  const words = error || said.says?.[name];
  if (words) document.getElementById(`says-${name}`).textContent = words;
  if (error) setting.closest("details")?.setAttribute("open", "");
}

function refuse(sentence) {
  refusal.textContent = sentence;
  refusal.hidden = !sentence;
}

// What is saved is what was shown.
function keepSettings(settings) {
  const fields = Object.entries(settings).map(([name, value]) => {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    return field;
  });
  document.getElementById("save-settings").replaceChildren(...fields);
}

function showChanges(changes) {
  const none = mended ? "No setting differs from what is in use." : "Settings must be mended first.";
  const rows = (changes.length ? changes : [none]).map((text) => {
    const row = document.createElement("li");
    row.textContent = text;
    return row;
  });
  document.getElementById("changes").replaceChildren(...rows);
}

function showLegend(legend) {
  const list = document.getElementById("legend");
  const names = [...list.querySelectorAll("b")].map((name) => name.textContent);
  if (legend.every((row, i) => row.name === names[i]) && legend.length === names.length) return;
  list.replaceChildren(...legend.map(swatch));
}

function swatch({ fill, name, says }) {
  const row = document.createElement("li");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("viewBox", "0 0 46 28");
  svg.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [key, value] of Object.entries({ fill, x: 1, y: 1, width: 44, height: 26 })) rect.setAttribute(key, value);
  svg.append(rect);
  const words = document.createElement("span");
  const bold = document.createElement("b");
  bold.textContent = name;
  const small = document.createElement("span");
  small.className = "small";
  small.textContent = says ? ` ${says}` : "";
  words.append(bold, small);
  row.append(svg, words);
  return row;
}

function askScores(after) {
  clearTimeout(scoring);
  scoring = setTimeout(judge, after);
}

async function judge() {
  judging?.abort();
  judging = new AbortController();
  const { signal } = judging;
  const asked = query();
  scores.setAttribute("aria-busy", "true");
  try {
    for (;;) {
      const answer = await fetch(`${page.dataset.scores}?${asked}`, { headers: { Accept: "text/html" }, signal });
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      signal.throwIfAborted();
      if (answer.status !== 202) {
        showScores(answer.ok, parsed);
        break;
      }
      waiting(parsed.querySelector("progress[value]")?.getAttribute("value"));
      await new Promise((go) => setTimeout(go, AGAIN_MS));
      signal.throwIfAborted();
    }
  } catch (error) {
    if (error.name === "AbortError") return;
    say("Not scored", "No answer from the server: change a setting to ask again.");
  }
  scores.setAttribute("aria-busy", "false");
}

function showScores(ok, parsed) {
  const scored = parsed.querySelector(".scored");
  if (!ok || !scored) {
    say("Not scored", parsed.querySelector(".message p")?.textContent ?? "These settings cannot be scored.");
    scores.replaceChildren();
    return;
  }
  say(scored.dataset.headline, scored.dataset.detail);
  scores.replaceChildren(document.importNode(scored, true));
}

function say(title, text) {
  const head = document.createElement("h2");
  head.textContent = title;
  const words = document.createElement("p");
  words.textContent = text;
  verdict.replaceChildren(head, words);
  verdict.setAttribute("aria-busy", "false");
}

// Told once: a bar that moves is not read out at each step.
function waiting(done) {
  let bar = verdict.querySelector("progress");
  if (!bar) {
    say("Scoring on the past…", "The maps that these settings would have made are judged by what followed. ");
    bar = document.createElement("progress");
    bar.max = 100;
    bar.setAttribute("aria-label", "Scored");
    verdict.lastElementChild.append(bar);
  }
  if (done) bar.value = Number(done);
}
