/** What a person must mend before the lab can run: one line on stderr, exit status 2. */
export class LabError extends Error {
  override readonly name = 'LabError';
}
