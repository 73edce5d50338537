// Asks again until the view is there, then shows it; without this script "Look again" does.

const AGAIN_MS = 700;
const bar = document.getElementById("working-done");

async function ask() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.status !== 202) {
      location.reload();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const done = page.getElementById("working-done")?.getAttribute("value");
    if (done) bar.value = Number(done);
  } catch {
    // the server may be starting again: go on asking
  }
  setTimeout(ask, AGAIN_MS);
}

setTimeout(ask, AGAIN_MS);
