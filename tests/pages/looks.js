// What a person would see to be wrong with this page. Answers sentences; none means that nothing was found.
() => {
  const faults = [];
  const root = document.documentElement;
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();
  const name = (element) => {
    const classes = [...element.classList].map((one) => `.${one}`).join("");
    return `<${element.localName}${classes}> “${words(element).slice(0, 50)}”`;
  };
  const style = (element) => getComputedStyle(element);
  const ancestors = (element) => (element ? [element, ...ancestors(element.parentElement)] : []);

  // The frame: one heading, a title that says which page it is.
  const headings = [...document.querySelectorAll("h1")].filter(seen).filter((one) => !one.closest(".swagger-ui"));
  if (headings.length !== 1) faults.push(`${headings.length} h1: ${headings.map(words).join(" | ")}`);
  const [title, ...product] = document.title.split(" · ");
  if (!title.trim() || !product.length || /^Pixel Hub$/.test(title.trim())) faults.push(`title “${document.title}”`);

  // Nothing stands out at the side.
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter(
      (element) => seen(element) && element.getBoundingClientRect().right > root.clientWidth + 1 &&
        !ancestors(element.parentElement).some((above) => style(above).overflowX !== "visible"),
    );
    faults.push(`wider than the window by ${root.scrollWidth - root.clientWidth} px: ${wide.slice(-1).map(name)}`);
  }

  // Nothing is cut off.
  for (const element of document.body.querySelectorAll("*")) {
    if (!seen(element) || element.clientWidth < 2 || element.clientHeight < 2) continue;
    if (element.closest(".visually-hidden, .swagger-ui")) continue;
    const { overflowX, textOverflow, display } = style(element);
    const over = element.scrollWidth - element.clientWidth > 1;
    const isButton = element.matches("button, .btn, summary, .badge, .tag");
    const cuts = overflowX === "hidden" || overflowX === "clip";
    if (over && display !== "inline" && (cuts || isButton) && words(element)) {
      const told = element.title || ancestors(element).some((above) => above.title);
      if (!(textOverflow === "ellipsis" && told)) faults.push(`cut off at the side: ${name(element)}`);
    }
    if (element.matches("button, .btn") && element.scrollHeight - element.clientHeight > 2) {
      faults.push(`cut off below: ${name(element)}`);
    }
  }
  for (const image of document.images) {
    if (seen(image) && image.complete && !image.naturalWidth) faults.push(`no picture: ${image.getAttribute("src")}`);
  }

  // Nothing that a program says to itself. What people wrote or ran is theirs.
  const THEIRS = "pre, code, kbd, script, style, template, noscript, textarea, option, .turn-text, .mono, .swagger-ui, [data-schema]";
  const LEFT = [
    /^None$|[^.:!?”] None\b|\bNone[^ .,”]/, /\bna[nN]\b|\bNaN\b/, /\bundefined\b/, /\bnull\b/, /\[object /, /\{\{|\}\}|\{%|%\}/, /<[a-z_.A-Z]+ object/,
    /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d/, /\bTraceback\b/, /^(True|False)$/, /\d\.\d{7,}/, /&(amp|lt|gt|quot|#\d+);/,
    /\(\s*\)/, /datetime\.|Decimal\(/, /\bINVALID\b/,
  ];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const holder = node.parentElement;
    if (holder.closest(THEIRS) || !seen(holder)) continue;
    const found = LEFT.find((left) => left.test(node.data.trim()));
    if (found) faults.push(`${found} in “${words(holder).slice(0, 80)}”`);
  }
  return [...new Set(faults)];
};
