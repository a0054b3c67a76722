import { NfscopeError, type Logger, type Plan } from '@nfscope/pipeline';
import type { Observable } from 'rxjs';
import { InvalidConfiguration } from './configuration.ts';
import { watchFiles, type FileTexts } from './watched-files.ts';

/** A plan, and the files that say it, as they were read. */
export interface LoadedPlan {
  readonly plan: Plan;
  readonly files: FileTexts;
}

export interface FollowContext {
  readonly load: () => Promise<LoadedPlan>;
  /** Puts the plan in the place of the one that runs, or throws and leaves that as it is. */
  readonly apply: (plan: Plan) => Promise<void>;
  /** A reload is asked for. */
  readonly asked: Observable<unknown>;
  /** Told after each reload whether what the files say is what runs now. */
  readonly told: (current: boolean) => void;
  readonly log: Logger;
}

/** Loads the configuration anew whenever it is asked to or a file has changed, one reload after the other. */
export const followConfiguration = (files: FileTexts, { load, apply, asked, told, log }: FollowContext): (() => void) => {
  let working = false;
  let again = false;
  let closed = false;

  const once = async (): Promise<void> => {
    const began = performance.now();
    try {
      const loaded = await load();
      if (closed) return;
      watched.follow(loaded.files);
      await apply(loaded.plan);
      told(true);
      log.info('the configuration was loaded anew', { seconds: (performance.now() - began) / 1000 });
    } catch (error) {
      if (closed) return;
      told(false);
      log.error('the configuration is not taken, the one before goes on', { reasons: reasonsOf(error) });
    }
  };
  const reload = (): void => {
    again = true;
    if (working || closed) return;
    working = true;
    again = false;
    void once().finally(() => {
      working = false;
      // What changed meanwhile may not have been read.
      if (again) reload();
    });
  };

  const watched = watchFiles(reload);
  watched.follow(files);
  const subscription = asked.subscribe(reload);
  return () => {
    closed = true;
    watched.close();
    subscription.unsubscribe();
  };
};

const reasonsOf = (error: unknown): string[] => {
  if (error instanceof InvalidConfiguration) return error.errors.map((one) => one.toLine());
  if (error instanceof NfscopeError) return [error.toLine()];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
};
