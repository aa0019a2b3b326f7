// What a page does better with a script, and does without it too: tips that appear at once, arrow keys among the points of a
// chart, parts that renew themselves, filters that close. It sends nothing anywhere but to its own page.
"use strict";

const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
tip.setAttribute("aria-hidden", "true");
document.body.append(tip);

const textOf = (point) => point.dataset.tip || point.querySelector("title")?.textContent || "";

function show(point) {
  // A title of its own would appear beside the tip after a while; its text stays the name of the point.
  const title = point.querySelector("title");
  if (title && !point.dataset.tip) {
    point.dataset.tip = title.textContent;
    point.setAttribute("aria-label", title.textContent);
    title.remove();
  }
  tip.textContent = textOf(point);
  tip.hidden = false;
  const at = point.getBoundingClientRect();
  const width = tip.offsetWidth;
  const left = Math.min(Math.max(8, at.left + at.width / 2 - width / 2), window.innerWidth - width - 8);
  const above = at.top - tip.offsetHeight - 8;
  tip.style.left = `${left}px`;
  tip.style.top = `${above < 8 ? at.bottom + 8 : above}px`;
}
const hide = () => { tip.hidden = true; };

const pointOf = (event) => event.target instanceof Element ? event.target.closest(".point") : null;
document.addEventListener("mouseover", (event) => { const point = pointOf(event); point ? show(point) : hide(); });
document.addEventListener("focusin", (event) => { const point = pointOf(event); point ? show(point) : hide(); });
document.addEventListener("focusout", hide);
document.addEventListener("scroll", hide, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    hide();
    document.querySelectorAll("details.multi[open]").forEach((open) => {
      open.open = false;
      open.querySelector("summary").focus();
    });
  }
  const point = pointOf(event);
  const chart = point?.closest("[data-points]");
  if (!chart) return;
  const points = [...chart.querySelectorAll(".point")];
  const at = points.indexOf(point);
  const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: points.length - 1 }[event.key];
  const next = points[to];
  if (!next) return;
  event.preventDefault();
  point.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
});

// One list of choices is open at a time, and a click elsewhere closes it.
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.multi[open]").forEach((open) => {
    if (!open.contains(event.target)) open.open = false;
  });
});

// Parts with data-live renew themselves: the page is asked for again and the part of the same id taken from it.
async function renew() {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (!parts.length || document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok && answer.status !== 503) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts) {
      const other = document.getElementById(part.id) && fresh.getElementById(part.id);
      // Whoever reads with the keyboard or has a list open is not disturbed.
      if (!other || part.contains(document.activeElement) || part.querySelector("details[open]")) continue;
      if (part.innerHTML !== other.innerHTML) part.replaceWith(document.importNode(other, true));
    }
  } catch {
    // The server is away; the next round asks again.
  }
}
const every = Math.min(...[...document.querySelectorAll("[data-live]")].map((part) => Number(part.dataset.live) || 10));
if (Number.isFinite(every)) setInterval(renew, every * 1000);
