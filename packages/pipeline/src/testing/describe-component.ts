import { lastValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { Factory, Lifecycle, Receiver, Signal } from '../component.ts';
import { componentSchema, parseComponent } from '../component-config.ts';
import { withDefaults } from '../config-defaults.ts';
import { inputSchema } from '../config-schema.ts';
import { describeBackpressure } from './backpressure.ts';
import type { ComponentCase } from './component-case.ts';
import { fieldsWithoutDefault, undescribedFields, unsetFields } from './config-fields.ts';
import { describeGolden } from './golden.ts';
import { context, creators, DEADLINE_MS } from './running.ts';

/**
 * The tests every component gets: its configuration has defaults, descriptions and refuses unknown keys; its lifecycle
 * keeps the contract (shutdown without start, twice, after start; a receiver's output completes); what comes out of it is
 * what its files in `testdata/` say; and it waits for nobody beyond a deadline and piles nothing up:
 * - an exporter whose outside takes nothing ends an export at its deadline, and holds a batch or two, however many there were;
 * - a receiver, a processor and a connector keep no batch, and take nothing in that nobody takes out; one that is held says
 *   nothing, one that is shut down holds nobody, also when it is asked to by a consumer that is still at a batch;
 * - what serves is not held by a client that asks half a question.
 */
export const describeComponent = (factory: Factory, given: ComponentCase): void => {
  const { valid, invalid, start = {}, skipStart } = given;
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

    describeGolden(factory, given);
    describeBackpressure(factory, given);
  });
};

const reasons = (factory: Factory, config: unknown): string[] => parseComponent(factory, config).issues.map((issue) => issue.message);
