import type { Logger } from '../component.ts';

/** One call of a logger. */
export interface LogRecord {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** A logger that keeps what it is told. */
export const recordingLogger = (): Logger & { readonly records: readonly LogRecord[]; messages(level: keyof Logger): string[] } => {
  const records: LogRecord[] = [];
  const keep =
    (level: keyof Logger) =>
    (message: string, fields: Record<string, unknown> = {}): void =>
      void records.push({ level, message, fields });
  const messages = (level: keyof Logger): string[] => records.filter((record) => record.level === level).map((record) => record.message);
  return { records, messages, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
};
