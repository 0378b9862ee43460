/** Risk and EQ over the turns, as one small SVG: the same drawing as templates/inference/_session_chart.html. */
const NS = "http://www.w3.org/2000/svg";
const WIDTH = 640;
const HEIGHT = 160;
const LEFT = 34;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 24;
const BANDS = [0.4, 0.6, 0.8];
const LABELLED = 8;
/** More points than this are no picture any more: the last ones are drawn. */
const SHOWN = 60;

const y = (value) => TOP + (1 - value) * (HEIGHT - TOP - BOTTOM);

function add(svg, name, attributes, text) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  svg.append(element);
}

function lines(svg, className, points) {
  let stretch = [];
  for (const point of [...points, null]) {
    if (point !== null && point.value !== null) stretch.push(`${point.x.toFixed(1)},${y(point.value).toFixed(1)}`);
    else {
      if (stretch.length > 1) add(svg, "polyline", { class: className, points: stretch.join(" ") });
      stretch = [];
    }
  }
}

/** Draw `turns`, each {turn, role, score, eq} with null for what is not known. */
export function draw(svg, turns, label) {
  const shown = turns.slice(-SHOWN);
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, shown.length - 1);
  const at = (name) => shown.map((turn, index) => ({ x: LEFT + index * step, value: turn[name], turn }));
  svg.replaceChildren();
  svg.setAttribute("aria-label", label);
  for (const band of BANDS) {
    add(svg, "line", { class: "trend-band", x1: LEFT, x2: WIDTH - RIGHT, y1: y(band), y2: y(band) });
    add(svg, "text", { class: "trend-text", x: LEFT - 6, y: y(band), dy: 4, "text-anchor": "end" }, band.toFixed(1));
  }
  add(svg, "line", { class: "trend-axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(0), y2: y(0) });
  const eqs = at("eq").filter(({ value }) => value !== null);
  lines(svg, "trend-eq", eqs);
  const risks = at("score");
  lines(svg, "trend-risk", risks);
  for (const { x, value, turn } of risks) {
    if (value === null) continue;
    const kind = turn.role === "user" ? "trend-point" : "trend-point trend-point-assistant";
    add(svg, "circle", { class: kind, cx: x, cy: y(value), r: 3.5 });
  }
  const every = Math.ceil(shown.length / LABELLED) || 1;
  for (const { x, turn } of risks.filter((_, index) => index % every === 0)) {
    add(svg, "text", { class: "trend-text", x, y: HEIGHT - 6, "text-anchor": "middle" }, turn.turn);
  }
}
