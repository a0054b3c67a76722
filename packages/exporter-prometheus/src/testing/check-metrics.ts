import { promtool } from '@nfscope/test-prometheus';

/** What `promtool check metrics` objects to in a page; nothing when it is in order. */
export const checkMetrics = (page: string | Uint8Array): string => promtool(['check', 'metrics'], { input: page });
