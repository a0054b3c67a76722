/** Objects of the API server that are listed and watched. */
export interface Resource<T> {
  /** Plural, as a rule of RBAC has it. */
  readonly name: string;
  readonly path: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Undefined when it is none. */
  readonly facts: (object: unknown) => T | undefined;
  /** Whether it may be missing: without the right to it something less is known, and nothing is broken. */
  readonly optional?: boolean;
}
