import { pino } from 'pino';
import type { Logger } from '@nfscope/pipeline';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly (keyof Logger)[];
export type LogLevel = (typeof logLevels)[number];

const describe = (error: unknown): unknown => pino.stdSerializers.err(error as Error);

/** A log whose level can change. */
export interface LeveledLogger extends Logger {
  /** Without a level, the one it was made with. */
  setLevel(level: LogLevel | undefined): void;
}

/** JSON lines on standard error: standard output is for data. Written at once, so that a line before an exit is not lost. */
export const createLog = (level: LogLevel): LeveledLogger => {
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
      serializers: { error: describe },
    },
    pino.destination({ fd: 2, sync: true }),
  );
  const write =
    (name: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}): void =>
      log[name](fields, message);
  const setLevel = (next: LogLevel | undefined): void => void (log.level = next ?? level);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), setLevel };
};
