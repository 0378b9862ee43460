/** 1st, 2nd, 3rd, 4th ... */
const RULES = new Intl.PluralRules("en", { type: "ordinal" });
const ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };

export function ordinal(number) {
  return `${number}${ENDINGS[RULES.select(number)]}`;
}
