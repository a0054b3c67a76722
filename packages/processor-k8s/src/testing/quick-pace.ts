import { vi } from 'vitest';
import { defaultListPace, type ListPace } from '../list-watch.ts';

/** Of a source that a test waits for. */
export const quickPace: ListPace = { ...defaultListPace, leastMs: 50, pollMs: 200, leastPauseMs: 20, mostPauseMs: 100 };

/** However busy the machine is. */
export const until = (holds: () => boolean): Promise<boolean> => vi.waitUntil(holds, { timeout: 10_000 });
