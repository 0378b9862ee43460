/** What the service makes of the last turn, beside the conversation. */
import { draw } from "./session_chart.js";

const VERDICTS = { crisis: "Crisis", unknown: "Unknown: have a person read this", no_crisis: "No crisis seen" };
const REASONS = {
  no_deployment: "no model is in production for this project",
  model_loading: "the model is still loading",
  model_slow: "the model did not answer within five seconds",
  model_stuck: "the model does not answer",
  model_failed: "the model failed on this conversation",
  rules_failed: "the rule-based detector failed on this conversation",
  window_incomplete: "some of what was said before is missing",
  window_lost: "some of what was said before cannot be read any more",
  session_unavailable: "the session could not be read",
};

/** Leaving this page ends the conversation, so what is linked opens beside it. */
const ELSEWHERE = { target: "_blank", rel: "noopener" };

const words = (code) => code.replaceAll("_", " ");
const figure = (value, digits = 2) => (value === null || value === undefined ? "–" : value.toFixed(digits));

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** In one sentence, for people who listen. */
export function sentence(message) {
  const { analysis, trend } = message;
  const kind = analysis.crisis_type && analysis.crisis ? `, ${words(analysis.crisis_type)}` : "";
  const turn = message.turn === null ? "This turn" : `Turn ${message.turn}`;
  return `${turn}, ${message.role}: ${VERDICTS[analysis.verdict]}${kind}. Level ${message.alert_level}. Risk ${trend.risk.direction}.`;
}

export class Analysis {
  constructor(root) {
    this.root = root;
    this.turns = [];
  }

  clear() {
    this.turns = [];
    for (const box of this.root.querySelectorAll("[data-judged]")) box.hidden = true;
    this.root.querySelector("[data-hint]").hidden = false;
    this.root.querySelector("[data-told]").textContent = "";
    this.root.querySelector("[data-verdict]").className = "card stack";
  }

  show(message, session) {
    const { analysis, trend } = message;
    const eq = analysis.eq?.aggregate ?? null;
    this.turns.push({ turn: message.turn ?? "?", role: message.role, score: analysis.score, eq });
    this.root.querySelector("[data-hint]").hidden = true;
    for (const box of this.root.querySelectorAll("[data-judged]")) box.hidden = false;
    this.verdict(message);
    this.facts(analysis);
    this.actions(analysis, message.alert_level);
    this.replies(analysis, message.window);
    const label = `Risk by turn, ${trend.risk.direction}, now ${figure(analysis.score)}. EQ ${trend.eq.direction}, now ${figure(eq)}.`;
    draw(this.root.querySelector("[data-chart]"), this.turns, label);
    this.standing(session, trend);
    this.root.querySelector("[data-told]").textContent = sentence(message);
  }

  field(name) {
    return this.root.querySelector(`[data-field="${name}"]`);
  }

  verdict({ analysis, alert_level: level, raised_by_trend: raised, trend }) {
    this.root.querySelector("[data-verdict]").className = `card stack result-${level}`;
    const kind = analysis.crisis && analysis.crisis_type ? `: ${words(analysis.crisis_type)}` : "";
    this.field("verdict").textContent = VERDICTS[analysis.verdict] + kind;
    const badge = this.field("level");
    badge.className = `alert alert-${level}`;
    badge.textContent = `Alert: ${level}`;
    this.field("direction").textContent = `risk ${trend.risk.direction}`;
    const why = [raised ? "raised by its trend" : "", analysis.raised_by_rules ? "raised by the rules" : ""];
    this.field("raised").textContent = why.filter(Boolean).join(", ");
    const note = this.field("degraded");
    note.hidden = !analysis.degraded;
    const reasons = (analysis.reason ?? "").split(", ").map((reason) => REASONS[reason] ?? reason);
    note.textContent = `Degraded answer: ${reasons.join("; ")}.`;
  }

  facts(analysis) {
    const rows = [
      ["Score", `${figure(analysis.score, 3)} (${analysis.band})`],
      ["Severity", analysis.severity ? `${analysis.severity} of 5` : null],
      ["Risk by the rules", analysis.risk ? [analysis.risk.level, analysis.risk.timeline && words(analysis.risk.timeline)].filter(Boolean).join(", ") : null],
      ["For safety", analysis.risk?.protective_factors.map(words).join(", ") || null],
      ["Answered by", `${analysis.model_version}, ${figure(analysis.latency_ms, 1)} ms`],
    ];
    this.field("facts").replaceChildren(
      ...rows.filter(([, value]) => value).flatMap(([name, value]) => [element("dt", name), element("dd", value)]),
    );
    const evidence = element("a", "Evidence of this score (new tab)");
    Object.assign(evidence, ELSEWHERE);
    evidence.href = this.root.closest("[data-evidence]").dataset.evidence.replace(/[0-9a-f-]{36}/, analysis.evidence_id);
    const cell = element("dd");
    cell.append(evidence);
    if (analysis.recorded) this.field("facts").append(element("dt", "Evidence"), cell);
  }

  actions(analysis, level) {
    const box = this.field("actions");
    box.replaceChildren();
    if (analysis.recommended_actions.length === 0) return;
    const list = element("ol", undefined, "actions");
    for (const action of analysis.recommended_actions) {
      const item = element("li", action.detail);
      if (action.contacts.length > 0) {
        const contacts = element("ul", undefined, "contacts");
        for (const contact of action.contacts) {
          const line = element("li", `${contact.name}: `);
          line.append(element("b", contact.contact));
          contacts.append(line);
        }
        item.append(contacts);
      }
      list.append(item);
    }
    box.append(element("h3", `What to do at level “${level}”`), list, element("p", "The program contacts nobody by itself.", "muted"));
  }

  replies(analysis, window) {
    const box = this.field("replies");
    box.replaceChildren();
    const rows = [["Safety of the replies", analysis.safety?.score ?? null]];
    for (const name of ["emotional_awareness", "empathy", "emotional_regulation", "social_cognition", "aggregate"]) {
      rows.push([`EQ: ${words(name)}`, analysis.eq?.[name] ?? null]);
    }
    const known = rows.filter(([, value]) => value !== null);
    if (known.length === 0) {
      box.append(element("p", "There is no reply to judge yet.", "muted"));
      return;
    }
    const table = element("table", undefined, "table");
    for (const [name, value] of known) {
      const row = table.insertRow();
      const head = element("th", name);
      head.scope = "row";
      row.append(head, element("td", figure(value), "mono"));
      const meter = element("meter", undefined, "meter");
      Object.assign(meter, { min: 0, max: 1, value });
      meter.setAttribute("aria-label", name);
      row.insertCell().append(meter);
    }
    box.append(table);
    const found = element("ul");
    for (const finding of analysis.bias_findings ?? []) {
      found.append(element("li", `Bias: ${finding.kind}, ${finding.level}, in turn ${window.first_turn + finding.message}`));
    }
    for (const reason of analysis.safety?.reasons ?? []) {
      found.append(element("li", `Objection: ${words(reason.reason)}`));
    }
    if (found.children.length > 0) box.append(found);
  }

  standing(session, trend) {
    const box = this.field("session");
    const slope = trend.risk.slope === null ? "" : `, ${trend.risk.slope >= 0 ? "+" : ""}${figure(trend.risk.slope, 3)} a turn`;
    box.replaceChildren(`Risk ${trend.risk.direction}${slope}; EQ ${trend.eq.direction}. `);
    if (session === null) {
      box.append("The session could not be stored just now.");
      return;
    }
    box.append(`Level of the conversation: ${session.alert_level}; only a person lowers it. `);
    const link = element("a", "Its page (new tab)");
    Object.assign(link, ELSEWHERE);
    link.href = `${this.root.closest("[data-here]").dataset.here.replace("conversation/", "sessions/")}${session.id}/`;
    box.append(link);
  }
}
