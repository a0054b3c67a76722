import type { Scenario } from '../scenario.ts';

// In the order in which a whole test run goes through them.
export const scenarios: readonly Scenario[] = [];
