// Copies the sentences for the minutes; without a clipboard the button is not there.

const button = document.getElementById("copy");
if (button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const sentences = [...document.querySelectorAll("#minutes li")].map((one) => one.textContent.trim());
    const said = document.getElementById("copied");
    try {
      await navigator.clipboard.writeText(sentences.join("\n"));
      said.textContent = "The sentences are copied.";
      button.firstChild.textContent = "Copied ";
    } catch {
      said.textContent = "They could not be copied: select and copy them.";
    }
  });
}
