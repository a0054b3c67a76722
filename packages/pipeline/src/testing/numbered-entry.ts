/** An entry that says its number, with as many bytes behind it, all alike, as the number makes: 0 to 6,000, mostly few. */
export const numberedEntry = (number: number): Buffer => {
  const entry = Buffer.alloc(4 + (number % 7 === 0 ? (number * 7_919) % 6_000 : (number * 31) % 200), number);
  entry.writeUInt32LE(number);
  return entry;
};

/** The number of an entry. Throws when it is not the entry of that number. */
export const numberOf = (entry: Uint8Array): number => {
  const bytes = Buffer.from(entry);
  const number = bytes.readUInt32LE();
  if (!bytes.equals(numberedEntry(number))) throw new Error(`not the entry of number ${number}`);
  return number;
};
