/** Evidence spans {message, start, end}: code points of a message, end exclusive. No DOM here. */
const segmenter = (granularity) => (Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity }) : null);
const GRAPHEMES = segmenter("grapheme");
const SENTENCES = segmenter("sentence");
const WORDS = segmenter("word");

/** How many code points the first `units` UTF-16 units of a text are. */
export const codePoints = (text, units) => Array.from(text.slice(0, units)).length;

/** How many UTF-16 units the first `points` code points of a text are. */
export const units = (text, points) => Array.from(text).slice(0, points).join("").length;

/**
 * A range of UTF-16 units as a span: without white space at its ends, and never through a sign that a reader sees as
 * one (an emoji of several parts, a letter and its combining marks). Null when nothing is left.
 */
export function spanOf(text, message, start, end) {
  const chosen = text.slice(start, end);
  let from = start + (chosen.length - chosen.trimStart().length);
  let to = end - (chosen.length - chosen.trimEnd().length);
  if (from >= to) return null;
  if (GRAPHEMES) {
    const signs = GRAPHEMES.segment(text);
    const last = signs.containing(to - 1);
    from = signs.containing(from).index;
    to = last.index + last.segment.length;
  }
  return { message, start: codePoints(text, from), end: codePoints(text, to) };
}

/** Add spans, joining those that overlap or touch; what is marked already as a whole is taken out instead. */
export function toggleSpans(spans, added) {
  const covered = added.every((one) => spans.some((span) => holds(span, one)));
  return covered ? added.reduce(without, spans) : joined([...spans, ...added]);
}

function holds(span, one) {
  return span.message === one.message && span.start <= one.start && one.end <= span.end;
}

function without(spans, one) {
  return spans.flatMap((span) => {
    if (!holds(span, one)) return [span];
    const rest = [{ ...span, end: one.start }, { ...span, start: one.end }];
    return rest.filter((part) => part.start < part.end);
  });
}

function joined(spans) {
  const result = [];
  for (const span of spans.toSorted((a, b) => a.message - b.message || a.start - b.start)) {
    const last = result.at(-1);
    if (last && last.message === span.message && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else result.push({ ...span });
  }
  return result;
}

/** The sentences of a text as ranges of UTF-16 units, without white space at their ends. */
export function sentencesOf(text) {
  const found = SENTENCES ? [...SENTENCES.segment(text)].map((part) => [part.index, part.segment]) : [[0, text]];
  return found
    .map(([index, part]) => [index + part.length - part.trimStart().length, index + part.trimEnd().length])
    .filter(([start, end]) => start < end);
}

/** Where the words of a text begin and end, in UTF-16 units. */
export function wordsOf(text) {
  if (!WORDS) return [];
  return [...WORDS.segment(text)]
    .filter((part) => part.isWordLike)
    .map((part) => [part.index, part.index + part.segment.length]);
}
