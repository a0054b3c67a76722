// What the generators of pages share: a page that says where it comes from, and tables that names cannot break.

/** `source` is the file a person edits instead. */
export const page = (title, source, ...parts) =>
  `# ${title}\n\n<!-- Generated from ${source} by \`npm run generate\`. Do not edit. -->\n\n${parts.filter((part) => part !== '').join('\n\n')}\n`;

const cell = (text) =>
  String(text)
    .replace(/\\(?=\|)/g, '\\\\')
    .replaceAll('|', '\\|')
    .replace(/\s+/g, ' ')
    .trim();
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;

export const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

export const code = (text) => `\`${text}\``;
