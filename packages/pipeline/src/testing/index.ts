// The tests every component gets, and what a component's own tests need.
export { describeComponent } from './describe-component.ts';
export type { Batch, ComponentCase, Outside, Run, Stalled } from './component-case.ts';
export { batchText } from './batch-text.ts';
export { context, emptyHost } from './running.ts';
export { printed, unread } from './standard-output.ts';
export { recordingLogger, type LogRecord } from './recording-logger.ts';
export { fieldsWithoutDefault, undescribedFields, unsetFields } from './config-fields.ts';
