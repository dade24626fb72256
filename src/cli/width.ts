/** How many columns a text takes in a terminal: two for East Asian wide letters and emoji, none for marks that join. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : nothing.test(segment) ? 0 : 1;
  return width;
}

const segmenter = new Intl.Segmenter();
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}])/u;
const nothing = /^[\p{Mn}\p{Cf}]+$/u;
