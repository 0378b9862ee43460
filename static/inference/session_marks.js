/** Words with their signals marked. Spans count characters as the service does: code points, not UTF-16 units. */

/** A fragment of the text; `spans` are {start, end, name} and may overlap. */
export function marked(text, spans) {
  const points = Array.from(text);
  const inside = spans
    .map(({ start, end, name }) => ({ start: Math.max(0, start), end: Math.min(points.length, end), name }))
    .filter(({ start, end }) => start < end);
  const borders = [...new Set([0, points.length, ...inside.flatMap(({ start, end }) => [start, end])])];
  borders.sort((one, other) => one - other);
  const fragment = document.createDocumentFragment();
  for (let index = 1; index < borders.length; index += 1) {
    const [start, end] = [borders[index - 1], borders[index]];
    const names = [...new Set(inside.filter((span) => span.start <= start && end <= span.end).map(({ name }) => name))];
    const piece = points.slice(start, end).join("");
    fragment.append(names.length > 0 ? mark(piece, names.sort().join(", ")) : piece);
  }
  return fragment;
}

function mark(text, names) {
  const element = document.createElement("mark");
  element.className = "signal";
  element.title = names;
  const spoken = document.createElement("span");
  spoken.className = "visually-hidden";
  spoken.textContent = ` (signal: ${names})`;
  element.append(text, spoken);
  return element;
}
