"use strict";

// The page follows the theme of the Airflow around it; alone in a tab, that of the system.
function followTheme() {
  let outer = null;
  try {
    outer = window.parent === window ? null : window.parent.document.documentElement;
  } catch { /* another origin around it: the system's theme */ }
  if (outer === null) return;
  const adopt = () => {
    const root = document.documentElement;
    root.dataset.theme = outer.classList.contains("dark") ? "dark" : "light";
    root.style.removeProperty("--back");
    for (const element of [outer, outer.ownerDocument.body]) {
      const back = getComputedStyle(element).backgroundColor;
      const isTransparent = back === "transparent" || back.startsWith("rgba(");
      if (!isTransparent) root.style.setProperty("--back", back);
    }
  };
  adopt();
  new MutationObserver(adopt).observe(outer, { attributes: true, attributeFilter: ["class"] });
}

// The frame that Airflow shows the page in blocks new tabs, but the page around it may open them.
function openOutside(event) {
  const link = event.target.closest("a[target=_blank]");
  if (link === null || window.parent === window) return;
  event.preventDefault();
  window.parent.open(link.href, "_blank", "noopener");
}

async function copyRule(button) {
  const text = button.parentElement.querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    // Without permission to write: select it, so that it can be copied by hand.
    window.getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    button.textContent = "Selected";
  }
}

followTheme();
document.addEventListener("click", openOutside);
document.addEventListener("click", (event) => {
  if (event.target.matches("[data-copy]")) copyRule(event.target);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.submit();
});
