const [QUOTE, BACKSLASH, BRACKET, BRACKET_END, BRACE, BRACE_END] = ['"', '\\', '[', ']', '{', '}'].map((character) =>
  character.charCodeAt(0),
);

/** etcd takes objects of 1.5 MiB; what is longer by far is no object, and should not be collected. */
export const MOST_OBJECT = 16 << 20;

export interface ListMetadata {
  readonly resourceVersion: string;
  /** Where the next page begins; undefined on the last. */
  readonly continue: string | undefined;
}

/**
 * Reads a v1.List as it comes and hands over its items one by one: neither the text of the whole, 25 MB for 5,000 pods, nor all that
 * is parsed of it is ever there at once, and other work has its turn between two pieces. Throws when it is not a whole list.
 */
export const readList = async (pieces: AsyncIterable<string>, take: (item: unknown) => void): Promise<ListMetadata> => {
  /** All but the items. */
  let frame = '';
  /** Of the item at hand, what came with earlier pieces. */
  let item = '';
  let items = 0;
  let depth = 0;
  let isInItems = false;
  let isInString = false;
  let isEscaped = false;
  for await (const piece of pieces) {
    /** Where the text that is not yet put away begins. */
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (isInString) {
        if (isEscaped) isEscaped = false;
        else if (code === BACKSLASH) isEscaped = true;
        else if (code === QUOTE) isInString = false;
      } else if (code === QUOTE) {
        isInString = true;
      } else if (code === BRACE || code === BRACKET) {
        if (isInItems && depth === 2) {
          // After the first, only a comma is in between.
          if (items === 0) frame += piece.slice(from, at);
          from = at;
        }
        depth++;
        // The one array of a list's own level.
        if (depth === 2) isInItems = code === BRACKET;
      } else if (code === BRACE_END || code === BRACKET_END) {
        depth--;
        if (isInItems && depth === 2) {
          take(JSON.parse(item + piece.slice(from, at + 1)));
          items++;
          item = '';
          from = at + 1;
        } else if (depth === 1) {
          if (isInItems && items > 0) from = at;
          isInItems = false;
        }
      }
    }
    const rest = piece.slice(from);
    if (isInItems && depth > 2) item += rest;
    else if (!isInItems || items === 0) frame += rest;
    if (item.length > MOST_OBJECT || frame.length > MOST_OBJECT) throw new Error(`an object of more than ${MOST_OBJECT} characters`);
  }
  const { metadata } = JSON.parse(frame) as { metadata?: { resourceVersion?: unknown; continue?: unknown } };
  const { resourceVersion, continue: next } = metadata ?? {};
  if (typeof resourceVersion !== 'string') throw new Error('the answer is no list: it has no metadata.resourceVersion');
  return { resourceVersion, continue: typeof next === 'string' && next !== '' ? next : undefined };
};
