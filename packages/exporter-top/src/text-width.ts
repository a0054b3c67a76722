// Marks that stand on the letter before them, and what terminals draw over two cells: East Asian scripts and pictures.
const parts =
  /(\p{Mn}|\p{Me}|\u200d|\ufe0f)|([\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}])/u;

const widthOf = (character: string): number => {
  const found = parts.exec(character);
  return found === null ? 1 : found[1] === undefined ? 2 : 0;
};

/** Cells that a text takes in a terminal. */
export const textWidth = (text: string): number => {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
};

/** The text in exactly `width` cells: filled up with spaces, or cut with an ellipsis for its last one. */
export const fit = (text: string, width: number): string => {
  const own = textWidth(text);
  if (own <= width) return text + ' '.repeat(width - own);
  let [kept, used] = ['', 0];
  for (const character of text) {
    if (used + widthOf(character) > width - 1) break;
    kept += character;
    used += widthOf(character);
  }
  return `${kept}…${' '.repeat(Math.max(0, width - used - 1))}`;
};
