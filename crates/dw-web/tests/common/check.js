// What is wrong with a page, as a list of sentences: width, names, labels, headings, landmarks, contrast. Runs in the page.
(() => {
  const faults = [];
  const fault = (what, element) => faults.push(`${what}: ${element ? element.outerHTML.slice(0, 110) : ""}`);
  if (document.documentElement.scrollWidth > window.innerWidth) faults.push(`scrolls sideways: ${document.documentElement.scrollWidth} of ${window.innerWidth}`);
  if (document.documentElement.lang !== "pt-BR") faults.push("no language");
  if (!document.title) faults.push("no title");
  for (const [selector, many] of [["main", 1], ["h1", 1], ["body > header", 1], ["body > footer", 1]]) {
    if (document.querySelectorAll(selector).length !== many) faults.push(`not ${many} ${selector}`);
  }
  document.querySelectorAll("nav, [role=region], form").forEach((one) => { if (!one.getAttribute("aria-label")) fault("landmark without name", one); });
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  if (new Set(ids).size !== ids.length) faults.push(`an id twice: ${ids.filter((id, at) => ids.indexOf(id) !== at)}`);
  const shown = (element) => element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true });
  const name = (element) => (element.getAttribute("aria-label") || [...(element.labels || [])].map((label) => label.textContent).join(" ") || element.querySelector(":scope > title")?.textContent || element.textContent || "").trim();
  document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, [role=img], svg:not([aria-hidden])").forEach((one) => {
    if (one.closest("[aria-hidden=true]")) return;
    if (one.matches("input, select") && !one.labels.length) fault("field without label", one);
    if (!one.matches("input") && !name(one)) fault("without name", one);
  });
  document.querySelectorAll("[role=img] [tabindex], button a, a button").forEach((one) => fault("a control within a picture or control", one));
  document.querySelectorAll("[tabindex]").forEach((one) => { if (Number(one.getAttribute("tabindex")) > 0) fault("tabindex above 0", one); });
  document.querySelectorAll("th").forEach((one) => { if (!one.scope) fault("heading without scope", one); });
  let level = 0;
  document.querySelectorAll("h1, h2, h3").forEach((one) => {
    const next = Number(one.tagName[1]);
    if (next > level + 2) fault("heading level leaps", one);
    level = next;
  });
  document.querySelectorAll("[style]").forEach((one) => { if (!one.matches(".tip")) fault("style attribute", one); });
  for (const link of document.querySelectorAll("a[href^='#']")) if (!document.querySelector(link.getAttribute("href"))) fault("leads nowhere", link);

  // Contrast by WCAG 2: text against the nearest background that is not clear.
  const rgb = (text) => { const parts = text.match(/[\d.]+/g).map(Number); return { r: parts[0], g: parts[1], b: parts[2], a: parts[3] ?? 1 }; };
  const luminance = ({ r, g, b }) => {
    const part = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ratio = (one, other) => { const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b); return (high + 0.05) / (low + 0.05); };
  const behind = (element) => {
    const tile = element.closest("g.tile")?.querySelector("rect");
    if (tile && element.matches("text")) return rgb(getComputedStyle(tile).fill);
    for (let at = element; at; at = at.parentElement) { const colour = rgb(getComputedStyle(at).backgroundColor); if (colour.a > 0.99) return colour; }
    return { r: 255, g: 255, b: 255 };
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !shown(element) || element.closest("title, script, noscript, datalist, .visually-hidden, option, .tip")) continue;
    const style = getComputedStyle(element);
    const colour = rgb(element.closest("svg") ? style.fill : style.color);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const found = ratio(colour, behind(element));
    const key = `${element.tagName} ${element.className.baseVal ?? element.className} ${found.toFixed(1)}`;
    if (found < (large ? 3 : 4.5) && !seen.has(key)) { seen.add(key); fault(`contrast ${found.toFixed(2)}`, element); }
  }
  return faults;
})()
