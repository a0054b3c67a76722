import { lastValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { ComponentContext, Factory, Lifecycle, Receiver, Signal } from '../component.ts';
import { componentSchema, parseComponent } from '../component-config.ts';
import { pipelinesConfig } from '../config.ts';
import { withDefaults } from '../config-defaults.ts';
import { inputSchema } from '../config-schema.ts';
import type { HostView } from '../host.ts';
import { fieldsWithoutDefault, undescribedFields, unsetFields } from './config-fields.ts';
import { recordingLogger } from './recording-logger.ts';

/** What a component's contract tests need to know of it. */
export interface ComponentCase {
  /** Configurations that are right, by what they show; `{}` should be among them, and together they set every field. */
  readonly valid: Readonly<Record<string, unknown>>;
  /** Configurations that are wrong, by what they show, each with the text a user is told. */
  readonly invalid: Readonly<Record<string, readonly [config: unknown, message: string]>>;
  /** The configuration the lifecycle tests run with: one that takes no fixed port. Default `{}`. */
  readonly start?: unknown;
  /** Why the component cannot start here; the tests that start it are skipped with this reason. */
  readonly skipStart?: string | undefined;
}

/** Long enough for any component to stop, short enough for a test that hangs to be told why. */
const DEADLINE_MS = 4_000;

/**
 * The tests every component gets: its configuration has defaults, descriptions and refuses unknown keys, and its
 * lifecycle keeps the contract (shutdown without start, twice, after start; a receiver's output completes).
 */
export const describeComponent = (factory: Factory, { valid, invalid, start = {}, skipStart }: ComponentCase): void => {
  describe(`${factory.kind} ${factory.type}: contract`, () => {
    test('the type is lower_snake_case and described', () => {
      expect(factory.type).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(factory.description).toMatch(/\S/);
    });

    const schema = inputSchema(factory.config);

    test('every field of the configuration is described, has a default, and is set to another by a case', () => {
      expect(undescribedFields(schema)).toEqual([]);
      expect(fieldsWithoutDefault(schema)).toEqual([]);
      expect(unsetFields(schema, Object.values(valid))).toEqual([]);
    });

    test.each(Object.entries(valid))('config: %s', (_, config) => {
      expect(reasons(factory, config)).toEqual([]);
      // As print-config shows it: with all defaults written out it means the same.
      expect(parseComponent(factory, withDefaults(componentSchema(factory), config))).toEqual(parseComponent(factory, config));
    });

    test.each(Object.entries(invalid))('config refused: %s', (_, [config, message]) => {
      expect(reasons(factory, config).join('\n')).toContain(message);
    });

    test('config refused: an unknown key', () => {
      const config = { ...(Object.values(valid)[0] as object), no_such_key: 1 };
      expect(reasons(factory, config)).toEqual(['unknown key "no_such_key"']);
    });

    describe.each(creators(factory))('%s', (_, create) => {
      const made = (): Lifecycle => create(factory.config.parse(start), context(factory));

      test('shutdown without start, twice', async () => {
        const component = made();
        await component.shutdown?.(AbortSignal.timeout(DEADLINE_MS));
        await component.shutdown?.(AbortSignal.timeout(DEADLINE_MS));
      });

      test(`start, shutdown, shutdown again${skipStart === undefined ? '' : ` (skipped: ${skipStart})`}`, async ({ skip }) => {
        if (skipStart !== undefined) return skip(skipStart);
        const component = made();
        const completed =
          'output' in component ? lastValueFrom((component as Receiver<Signal>).output, { defaultValue: undefined }) : undefined;
        await component.start?.();
        await component.shutdown?.(AbortSignal.timeout(DEADLINE_MS));
        await component.shutdown?.(AbortSignal.timeout(DEADLINE_MS));
        await completed;
      });

      test(`two instances are independent${skipStart === undefined ? '' : ` (skipped: ${skipStart})`}`, async ({ skip }) => {
        if (skipStart !== undefined) return skip(skipStart);
        const [stays, goes] = [made(), made()];
        await stays.start?.();
        await goes.start?.();
        await goes.shutdown?.(AbortSignal.timeout(DEADLINE_MS));
        await stays.shutdown?.(AbortSignal.timeout(DEADLINE_MS));
      });
    });
  });
};

/** A context with a recording logger, for tests of a component on its own. */
export const context = (factory: { readonly type: string }): ComponentContext & { readonly log: ReturnType<typeof recordingLogger> } => ({
  id: factory.type,
  version: '0.0.0-test',
  log: recordingLogger(),
});

const reasons = (factory: Factory, config: unknown): string[] => parseComponent(factory, config).issues.map((issue) => issue.message);

/** What an extension sees where nothing runs. */
export const emptyHost: HostView = {
  plan: () => ({ extensions: [], pipelines: [], telemetry: pipelinesConfig.parse({}).service.telemetry }),
  components: () => [],
  queues: () => new Map(),
  urls: () => new Map(),
};

type Create = (config: unknown, context: ComponentContext) => Lifecycle;

const creators = (factory: Factory): [name: string, create: Create][] => {
  if (factory.kind === 'extension') return [['alone', (config, given) => factory.create(config, given, emptyHost)]];
  if (factory.kind === 'connector') return [[`${factory.from} to ${factory.to}`, (config, given) => factory.create(config, given)]];
  return Object.entries(factory.signals).map(([signal, { create }]) => [signal, create as Create]);
};
