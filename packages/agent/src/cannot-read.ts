const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

/** Why a file could not be read, in words. */
export const cannotRead = (error: unknown): string => reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? String(error);
